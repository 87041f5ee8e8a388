#include "runtime/ssh/gate.hpp"

#include <algorithm>

namespace baton::ssh {

std::unique_ptr<gate::ticket> gate::enter(const std::string& address, std::size_t address_max,
                                          std::function<void()> admitted) {
  const auto [slot, fresh] = places_.try_emplace(address);
  auto& at = slot->second;
  if (fresh)
    at.max = std::max<std::size_t>(address_max, 1);
  auto made = std::make_unique<ticket>(*this, at, ++last_number_, std::move(admitted));
  at.waiting.emplace(made->number_, made.get());
  list(at);
  admit();
  return made;
}

void gate::dropped(const std::string& address) {
  if (const auto found = places_.find(address); found != places_.end()) {
    found->second.max = std::max<std::size_t>(found->second.max / 2, 1);
    list(found->second);
  }
}

void gate::list(place& at) {
  if (at.listed != 0)
    open_.erase(at.listed);
  at.listed = at.waiting.empty() || at.inside >= at.max ? 0 : at.waiting.begin()->first;
  if (at.listed != 0)
    open_.emplace(at.listed, &at);
}

void gate::admit() {
  while (!open_.empty() && inside_ < all_max_) {
    auto& at = *open_.begin()->second;
    auto* one = at.waiting.begin()->second;
    at.waiting.erase(at.waiting.begin());
    ++at.inside;
    ++inside_;
    one->inside_ = true;
    list(at);
    // Later, so that the caller holds its ticket by then.
    one->call_ = loop_.after({}, [one] {
      one->call_ = 0;
      const auto admitted = std::move(one->admitted_); // it may give the ticket back
      admitted();
    });
  }
}

gate::ticket::~ticket() {
  owner_.loop_.cancel(call_);
  if (inside_) {
    --owner_.inside_;
    --at_.inside;
  } else {
    at_.waiting.erase(number_);
  }
  owner_.list(at_);
  owner_.admit();
}

} // namespace baton::ssh
