#pragma once

#include "messages/fleet.hpp"
#include "runtime/http/client.hpp"

#include <functional>
#include <string>
#include <string_view>

/// Health checks that the controller itself makes (`on: controller`).

namespace baton {

struct check_result {
  bool ok = false;
  std::string why; ///< when not ok, one line
  double seconds = 0;
};

/// Whether an answer is what an http check wants: the same words as host_check.sh has.
check_result judge_http(const health_check& wanted, const expected<http_answer>& got);

/// Asks http and tcp checks, any number at once. `answer` is called exactly once, on the client's
/// thread, within the check's timeout; it must not block or throw. Other kinds are answered at
/// once, on the caller's thread, as not ok: they are for a shell of their target. `address` is that
/// of the host which the check speaks of. The client must outlive what it asks.
class checker {
public:
  explicit checker(http_client& client) : client_{client} {}

  void ask(const health_check& what, std::string_view address,
           std::function<void(check_result)> answer);

private:
  http_client& client_;
};

} // namespace baton
