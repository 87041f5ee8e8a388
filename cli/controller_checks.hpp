#pragma once

#include "messages/event.hpp"
#include "runtime/checks/checker.hpp"
#include "runtime/http/client.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace baton {

/// Health checks that the controller makes, for the host actors: answers to several checks at once.
/// May be called from any thread; calls back from another one.
class controller_checks {
public:
  /// `addresses`: what `${host}` means, by name of the host, where the endpoint has no address.
  explicit controller_checks(std::map<std::string, std::string> addresses);
  controller_checks(const controller_checks&) = delete;
  controller_checks& operator=(const controller_checks&) = delete;
  /// Waits for command checks that run.
  ~controller_checks() = default;

  void ask(const std::vector<health_check>& checks, const endpoint& of,
           std::function<void(std::vector<check_answer>)> then);

private:
  void ask_one(const health_check& what, const std::string& address,
               std::function<void(check_result)> answer);

  std::map<std::string, std::string> addresses_;
  http_client client_;
  checker checker_{client_};
  std::mutex mutex_; ///< guards commands_
  std::vector<std::jthread> commands_;
};

/// The addresses of a fleet's hosts as `${host}` needs them, asked of the user's ssh config where
/// baton.yaml does not say them. Blocks for some milliseconds a host.
std::map<std::string, std::string> addresses_of(const fleet& in);

} // namespace baton
