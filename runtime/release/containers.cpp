#include "runtime/release/view.hpp"

namespace baton::release {

void read_containers(const facts&, bool, unit_view&) {}

} // namespace baton::release
