#include "runtime/secrets/printed_secrets.hpp"

#include <utility>

namespace baton {

printed_secrets::text printed_secrets::get(const std::vector<std::string>& command, int attempt,
                                           const std::function<expected<std::string>()>& run) {
  const std::lock_guard alone{mutex_};
  const auto known = commands_.find(command);
  if (known != commands_.end() && (known->second.out || known->second.attempt >= attempt))
    return known->second.out;
  auto out = run();
  auto kept = out ? text{std::make_shared<const std::string>(std::move(*out))}
                  : text{tl::unexpected{out.error()}};
  commands_.insert_or_assign(command, tried{kept, attempt});
  return kept;
}

void printed_secrets::forget_failures() {
  const std::lock_guard alone{mutex_};
  std::erase_if(commands_, [](const auto& one) { return !one.second.out; });
}

} // namespace baton
