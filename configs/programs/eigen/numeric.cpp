// Numeric code made of templates: what matrices are made for, by name.
// usage: numeric products|solve|spectrum|sparse|small even|graded
#include "numeric.h"

#include <map>
#include <string>

int main(int argc, char **argv) {
  const std::map<std::string, void (*)(Draw &)> known = {
      {"products", products}, {"solve", solve}, {"spectrum", spectrum}, {"sparse", sparse}, {"small", small}};
  const auto found = known.find(argc > 1 ? argv[1] : "");
  if (found == known.end() || argc < 3)
    return 2;
  Draw draw(argv[2] == std::string("graded"));
  found->second(draw);
  return 0;
}
