from __future__ import annotations

import pytest

from regalloc.engine.refusals import AGAIN, registry_failure
from regalloc.errors import DiskError, RegistryError

HOST = "reg.example:5000"
URL = f"https://{HOST}/v2/"
LOGIN = f"docker login {HOST}"


@pytest.mark.parametrize(
    ("text", "words", "resolution"),
    [
        # As engine 20.10 says it.
        (f'Head "{URL}x/manifests/1": no basic auth credentials', "wants a login", LOGIN),
        ("unauthorized: authentication required", "wants a login", LOGIN),
        ("denied: requested access to the resource is denied", "wants a login", LOGIN),
        (f'Get "{URL}": unauthorized: incorrect username or password', "wants a login", LOGIN),
        (
            f'Get "{URL}": http: server gave HTTP response to HTTPS client',
            "speaks http without TLS, which docker allows on loopback only",
            f'list "{HOST}" under "insecure-registries"',
        ),
        (
            f'Get "{URL}": x509: certificate signed by unknown authority',
            "has a certificate that the docker daemon does not trust",
            f"/etc/docker/certs.d/{HOST}/ca.crt",
        ),
        (
            f'Get "{URL}": dial tcp: lookup reg.example on 192.0.2.1:53: no such host',
            "its name does not resolve",
            "check the spelling of",
        ),
        (
            f'Get "{URL}": dial tcp 192.0.2.1:5000: connect: connection refused',
            "cannot be reached",
            f"check that {HOST} is up",
        ),
        (
            f'Get "{URL}": net/http: request canceled while waiting for connection '
            "(Client.Timeout exceeded while awaiting headers)",
            "did not answer in time",
            AGAIN,
        ),
        (f'Get "{URL}": net/http: TLS handshake timeout', "did not answer in time", AGAIN),
        (f"dial tcp 192.0.2.1:5000: i/o timeout for {URL}", "did not answer in time", AGAIN),
        (
            "UnixHTTPConnectionPool(host='localhost', port=None): Read timed out.",
            "did not answer in time",
            AGAIN,
        ),
        (
            f"filesystem layer verification failed for digest sha256:{'0' * 64}",
            "sent or received something else than its digest says; nothing of it was kept",
            "delete the tag in the registry",
        ),
        (
            f"error pulling image configuration: image config verification failed for {URL}",
            "something else than its digest says",
            "delete the tag in the registry",
        ),
        (f"manifest verification failed for digest sha256:{'0' * 64}", "its digest says", "push"),
        ("digest invalid: provided digest did not match uploaded content", "its digest", "push"),
        ("blob unknown: blob unknown to registry", "does not have all of the image", "push it"),
        (f"received unexpected HTTP status: 500 from {URL}", "does not answer as a", "address"),
        ("error parsing HTTP 404 response body: '<p>Not found, denied'", "a registry", "address"),
        ("unexpected EOF", "cut the connection", AGAIN),
        ("read tcp 192.0.2.1: connection reset by peer", "cut the connection", AGAIN),
        ("write tcp 192.0.2.1: use of closed network connection", "cut the connection", AGAIN),
        ("toomanyrequests: slow down", "too many requests", LOGIN),
        (
            "Credentials store error: StoreError('docker-credential-x not installed')",
            "docker's credential helper failed",
            "credsStore",
        ),
        ("something new", "refused", "see the docker daemon's log"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_to_do(text, words, resolution):
    error = registry_failure(HOST, text)
    assert type(error) is RegistryError
    assert error.brief.startswith(f"registry {HOST} ")
    assert words in error.brief
    assert resolution in error.resolution
    assert error.details == text


def test_a_full_disk_is_no_fault_of_the_registry():
    text = "write /var/lib/docker/tmp/GetImageBlob1: no space left on device"
    error = registry_failure(HOST, text)
    assert type(error) is DiskError
    assert error.render() == (
        f"error: the docker engine's disk is full\n{text}\n"
        "what to do: free space: docker system prune"
    )
