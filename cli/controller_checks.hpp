#pragma once

#include "messages/event.hpp"
#include "runtime/checks/checker.hpp"
#include "runtime/http/client.hpp"

#include <functional>
#include <vector>

namespace baton {

/// Health checks that this process makes over the network, for the host actors: answers to several
/// at once. May be called from any thread; calls back from another one.
class controller_checks {
public:
  void ask(const std::vector<check_question>& questions,
           std::function<void(std::vector<check_answer>)> then);

private:
  http_client client_;
  checker checker_{client_};
};

/// Fills in what `${host}` means for hosts that only the user's ssh config knows, where a check
/// needs it. Blocks for some milliseconds a host.
void resolve_check_addresses(fleet& in);

} // namespace baton
