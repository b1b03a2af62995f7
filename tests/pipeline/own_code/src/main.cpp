// your-program FILE: prints a checksum of a file, and one of its lines.
#include "matrix.h"
#include "stir.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>

static std::string read(const char *path) {
  std::ifstream file(path);
  if (!file)
    throw std::runtime_error(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int main(int argc, char **argv) try {
  if (argc != 2)
    throw std::runtime_error("usage: your-program FILE");
  const std::string text = read(argv[1]);
  uint32_t state[STIR_WORDS] = {};
  stir(state, reinterpret_cast<const unsigned char *>(text.data()), text.size());
  int lines = 0;
  for (char c : text)
    lines += c == '\n';
  Matrix<5> base{};
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j)
      base.at[i][j] = (i * 7 + j * 3) % 11;
  std::printf("%08x %.0f\n", state[0] ^ state[7], power(base, lines).at[2][3]);
  return 0;
} catch (const std::exception &error) {
  std::cerr << "error: " << error.what() << "\n";
  return 1;
}
