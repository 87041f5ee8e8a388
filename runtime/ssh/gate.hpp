#pragma once

#include "runtime/ssh/reactor.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

namespace baton::ssh {

/// Who may begin to connect now: so many in all, and so many to one address, since sshd drops
/// logins beyond its MaxStartups. First come, first served, but nobody waits for another address.
/// On the reactor's thread.
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
  using queue = std::map<std::uint64_t, ticket*>; ///< by number, so in the order they came

  struct place {
    std::size_t inside = 0;
    std::size_t max = 1;
    queue waiting;
    std::uint64_t listed = 0; ///< its number in `open_`; 0: not there
  };

  void list(place& at);
  void admit();

  reactor& loop_;
  std::size_t all_max_;
  std::size_t inside_ = 0;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::string, place> places_;
  /// Places with room where somebody waits, by the number of their first.
  std::map<std::uint64_t, place*> open_;
};

class gate::ticket {
public:
  ticket(gate& owner, place& at, std::uint64_t number, std::function<void()> admitted)
      : owner_(owner), at_(at), number_(number), admitted_(std::move(admitted)) {}
  ticket(const ticket&) = delete;
  ticket& operator=(const ticket&) = delete;
  ~ticket();

private:
  friend class gate;
  gate& owner_;
  place& at_;
  std::uint64_t number_;
  std::function<void()> admitted_;
  bool inside_ = false;
  reactor::timer call_ = 0;
};

} // namespace baton::ssh
