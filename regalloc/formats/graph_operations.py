"""Which operations a SavedModel has, read without loading it: to load is to give it the word.

TensorFlow's operations read and write files, open sockets and call Python.  A policy needs
arithmetic.  Only the functions that save and restore variables touch files, by names that whoever
loads the model gives them; nothing that a caller can ask for may lead to them.

Source: https://protobuf.dev/programming-guides/encoding, and ``saved_model.proto``,
``meta_graph.proto``, ``graph.proto``, ``function.proto`` in ``tensorflow/core``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from regalloc.formats.wire import TruncatedError, read_varint


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALLOWED = _words(
    """
    Abs Acos Add AddN AddV2 All Any ArgMax ArgMin Asin Assert Atan BatchMatMul BatchMatMulV2
    BiasAdd Bitcast BitwiseAnd BitwiseOr BitwiseXor BroadcastArgs BroadcastTo Bucketize Cast
    Ceil ClipByValue Concat ConcatV2 Const Cos Cumsum DisableCopyOnRead Div DivNoNan Einsum Elu
    EnsureShape Equal Erf Exp ExpandDims Expm1 Fill Floor FloorDiv FloorMod Gather GatherNd
    GatherV2 Greater GreaterEqual Identity IdentityN If Invert IsFinite IsInf IsNan L2Loss
    LeakyRelu LeftShift Less LessEqual LinSpace Log Log1p LogSoftmax LogicalAnd LogicalNot
    LogicalOr MatMul Max Maximum Mean Min Minimum Mod Mul MulNoNan Multinomial Neg NoOp NotEqual
    OneHot OnesLike Pack Pad PadV2 PartitionedCall Placeholder PlaceholderWithDefault Pow Prod
    RandomStandardNormal RandomUniform Range Rank ReadVariableOp RealDiv Reciprocal Relu Relu6
    Reshape ReverseV2 RightShift Rint Round Rsqrt ScatterNd Select SelectV2 Selu Shape ShapeN
    Sigmoid Sign Sin Size Slice Softmax Softplus Softsign Split SplitV Sqrt Square
    SquaredDifference Squeeze StatefulPartitionedCall StatelessIf StatelessMultinomial
    StatelessRandomGetKeyCounter StatelessRandomNormalV2 StatelessRandomUniformV2 StopGradient
    StridedSlice Sub Sum Tanh Tile TopKV2 Transpose TruncateDiv TruncateMod Unpack VarHandleOp
    VarIsInitializedOp Where Xdivy Xlogy ZerosLike
    """
)
"""What any part of a policy may do."""

SAVE, RESTORE = "__inference__traced_save", "__inference__traced_restore"
_MORE: Mapping[str, frozenset[str]] = {
    SAVE: frozenset(
        ("MergeV2Checkpoints", "SaveV2", "ShardedFilename", "StaticRegexFullMatch", "StringJoin")
    ),
    RESTORE: frozenset(("AssignVariableOp", "RestoreV2")),
}
"""What the functions that save and restore variables do as well, by how their names begin."""

_MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class _Node:
    name: str
    operation: str
    inputs: tuple[str, ...]
    content: bytes


@dataclass
class _Graph:
    """A graph and the functions that come with it.

    Attributes:
        nodes: of the graph itself, by name.
        functions: nodes of each function, by the function's name.
        asked_for: names of nodes that callers fetch.
        objects: the description of the objects that Python makes of the model.
    """

    nodes: dict[str, _Node] = field(default_factory=dict)
    functions: dict[str, list[_Node]] = field(default_factory=dict)
    asked_for: set[str] = field(default_factory=set)
    objects: bytes = b""


def find_forbidden(data: bytes) -> tuple[str, ...]:
    """Return what a SavedModel does that no policy needs, sorted; nothing where all is well.

    Args:
        data: the content of ``saved_model.pb``.

    Raises:
        ValueError: it is no such model.
    """
    if len(data) > _MOST_BYTES:
        raise ValueError(f"it has more than {_MOST_BYTES} bytes")
    found: set[str] = set()
    for meta in _parts(data, 2):
        graph = _read_graph(meta)
        found.update(_foreign(graph))
        if _reaches_files(graph):
            found.add("a call of what saves or restores variables")
    return tuple(sorted(found))


def _foreign(graph: _Graph) -> Iterator[str]:
    """Yield operations that are not where they may be."""
    groups: list[tuple[str, Iterable[_Node]]] = [("", graph.nodes.values())]
    for name, nodes in [*groups, *graph.functions.items()]:
        more = next((ops for start, ops in _MORE.items() if name.startswith(start)), frozenset())
        yield from (n.operation for n in nodes if n.operation not in ALLOWED | more)


def _reaches_files(graph: _Graph) -> bool:
    """Tell whether anything but a saver can lead to a function that has to do with files."""
    special = [name.encode() for name in graph.functions if name.startswith(tuple(_MORE))]
    if not special:
        return False

    def names_one(content: bytes) -> bool:
        return any(name in content for name in special)

    plain = (nodes for name, nodes in graph.functions.items() if name.encode() not in special)
    if names_one(graph.objects) or any(names_one(n.content) for nodes in plain for n in nodes):
        return True
    waiting, seen = list(graph.asked_for), set[str]()
    while waiting:
        name = waiting.pop()
        node = graph.nodes.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        if names_one(node.content):
            return True
        waiting += node.inputs
    return False


def _read_graph(meta: bytes) -> _Graph:
    graph = _Graph()
    for content in _parts(meta, 2):
        graph.nodes |= {node.name: node for node in map(_read_node, _parts(content, 1))}
        for library in _parts(content, 2):
            for function in _parts(library, 1):
                name = _text(_parts(next(_parts(function, 1), b""), 1))
                nodes = graph.functions.setdefault(name, [])
                nodes += map(_read_node, _parts(function, 3))
    for entry in _parts(meta, 5):
        for signature in _parts(entry, 2):
            # Outputs are a map; a tensor's name is its first field.
            for output in _parts(signature, 2):
                tensors = (_text(_parts(info, 1)) for info in _parts(output, 2))
                graph.asked_for |= {tensor.partition(":")[0] for tensor in tensors}
    graph.objects = b"".join(_parts(meta, 7))
    return graph


def _read_node(content: bytes) -> _Node:
    parts: defaultdict[int, list[bytes]] = defaultdict(list)
    for number, value in _fields(content):
        parts[number].append(value)
    inputs = (one.decode("utf-8", "replace").lstrip("^").partition(":")[0] for one in parts[3])
    return _Node(_text(parts[1]), _text(parts[2]), tuple(inputs), content)


def _text(values: Iterable[bytes]) -> str:
    """Return the last of the values of a field, as a parser takes it."""
    last = b""
    for value in values:
        last = value
    return last.decode("utf-8", "replace")


def _parts(data: bytes, number: int) -> Iterator[bytes]:
    return (value for found, value in _fields(data) if found == number)


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each field of a message that has a length.

    Raises:
        ValueError: the bytes are no message.
    """
    position = 0
    while position < len(data):
        key, position = read_varint(data, position)
        match key & 7:
            case 0:
                _, position = read_varint(data, position)
            case 1 | 5 as fixed:
                position += 8 if fixed == 1 else 4
            case 2:
                size, start = read_varint(data, position)
                position = start + size
                if position <= len(data):
                    yield key >> 3, data[start:position]
            case other:
                raise ValueError(f"a field of kind {other} at byte {position}")
        if position > len(data):
            raise TruncatedError("a field does not end")
