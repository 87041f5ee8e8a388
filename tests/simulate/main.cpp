#include "tests/simulate/promises.hpp"
#include "tests/simulate/scenarios.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

using namespace baton::simulate;

int main(int argc, char** argv) {
  const auto seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  world one{seed, draw_scenario(seed)};
  one.run();
  judge_promises(one);
  for (const auto& line : one.told.lines())
    std::cout << line << "\n";
  std::cout << one.broken.size() << " broken\n";
  return one.broken.empty() ? 0 : 1;
}
