#include "runtime/ssh/gate.hpp"

#include <algorithm>

namespace baton::ssh {

std::unique_ptr<gate::ticket> gate::enter(const std::string& address, std::size_t address_max,
                                          std::function<void()> admitted) {
  auto made = std::make_unique<ticket>(*this, address, std::move(admitted));
  places_.try_emplace(address, place{0, std::max<std::size_t>(address_max, 1)});
  made->queued_ = waiting_.insert(waiting_.end(), made.get());
  admit();
  return made;
}

void gate::dropped(const std::string& address) {
  if (const auto found = places_.find(address); found != places_.end())
    found->second.max = std::max<std::size_t>(found->second.max / 2, 1);
}

void gate::admit() {
  for (auto next = waiting_.begin(); next != waiting_.end() && inside_ < all_max_;) {
    auto* one = *next;
    auto& at = places_[one->address_];
    if (at.inside >= at.max) {
      ++next;
      continue;
    }
    next = waiting_.erase(next);
    ++at.inside;
    ++inside_;
    one->inside_ = true;
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
  if (!inside_) {
    owner_.waiting_.erase(queued_);
    return;
  }
  --owner_.inside_;
  --owner_.places_[address_].inside;
  owner_.admit();
}

} // namespace baton::ssh
