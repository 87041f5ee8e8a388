#include "tests/simulate/promises.hpp"

#include <algorithm>

namespace baton::simulate {

void judge_promises(world& of) {
  (void)of;
}

} // namespace baton::simulate
