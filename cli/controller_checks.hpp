#pragma once

#include "messages/event.hpp"
#include "runtime/checks/checker.hpp"
#include "runtime/http/client.hpp"
#include "runtime/log/redactor.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace baton {

/// Health checks that the controller makes, for the host actors: answers to several checks at once.
/// May be called from any thread; calls back from another one.
class controller_checks {
public:
  explicit controller_checks(std::shared_ptr<const redactor> secrets)
      : secrets_{std::move(secrets)} {}
  controller_checks(const controller_checks&) = delete;
  controller_checks& operator=(const controller_checks&) = delete;
  /// Waits for command checks that run.
  ~controller_checks() = default;

  /// `${host}` in the checks is `address`.
  void ask(const std::vector<health_check>& checks, const std::string& address,
           std::function<void(std::vector<check_answer>)> then);

private:
  void ask_one(const health_check& what, const std::string& address,
               std::function<void(check_result)> answer);

  std::shared_ptr<const redactor> secrets_;
  http_client client_;
  checker checker_{client_};
  std::mutex mutex_; ///< guards commands_
  std::vector<std::jthread> commands_;
};

/// Fills in what `${host}` means for hosts that only the user's ssh config knows, where a check
/// needs it. Blocks for some milliseconds a host.
void resolve_check_addresses(fleet& in);

} // namespace baton
