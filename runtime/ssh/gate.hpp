#pragma once

#include "runtime/ssh/reactor.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace baton::ssh {

/// Who may begin to connect now: so many in all, and so many to one address, since sshd drops
/// logins beyond its MaxStartups. First come, first served per address. On the reactor's thread.
class gate {
public:
  class ticket;

  gate(reactor& loop, std::size_t all_max) : loop_(loop), all_max_(all_max) {}

  /// Asks for a place at `address`; `admitted` is called later, unless the ticket is destroyed
  /// before. Destroying the ticket gives the place to the next.
  std::unique_ptr<ticket> enter(const std::string& address, std::size_t address_max,
                                std::function<void()> admitted);

  /// The address has dropped a login: fewer at once from now on.
  void dropped(const std::string& address);

private:
  struct place {
    std::size_t inside = 0;
    std::size_t max = 1;
  };

  void admit();

  reactor& loop_;
  std::size_t all_max_;
  std::size_t inside_ = 0;
  std::list<ticket*> waiting_;
  std::unordered_map<std::string, place> places_;
};

class gate::ticket {
public:
  ticket(gate& owner, std::string address, std::function<void()> admitted)
      : owner_(owner), address_(std::move(address)), admitted_(std::move(admitted)) {}
  ticket(const ticket&) = delete;
  ticket& operator=(const ticket&) = delete;
  ~ticket();

private:
  friend class gate;
  gate& owner_;
  std::string address_;
  std::function<void()> admitted_;
  std::list<ticket*>::iterator queued_{};
  bool inside_ = false;
  reactor::timer call_ = 0;
};

} // namespace baton::ssh
