#include "runtime/ssh/engine.hpp"

#include "runtime/fault.hpp"
#include "runtime/ssh/host_session.hpp"
#include "runtime/ssh/read_text.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <sys/stat.h>

namespace baton::ssh {

namespace {

constexpr std::size_t helpers_max = 8;
constexpr std::chrono::seconds bastion_linger{5};
constexpr std::chrono::seconds lookup_deadline{10};

// Fields as words that cannot run into each other.
template <class... Fields>
std::string key_of(const Fields&... fields) {
  std::string key;
  ((key += fields, key += '\0'), ...);
  return key;
}

std::string key_of(const endpoint& to) {
  auto key = key_of(to.name, to.ssh, to.address, to.user, std::to_string(to.port), to.jump);
  for (const auto& file : to.identities)
    key += key_of(file);
  return key;
}

std::string stamp(const std::string& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0)
    return {};
  return key_of(std::to_string(about.st_ino), std::to_string(about.st_size),
                std::to_string(about.st_mtim.tv_sec), std::to_string(about.st_mtim.tv_nsec));
}

} // namespace

engine::engine(options the_how)
    : how(std::move(the_how)),
      loop(std::make_shared<reactor>()),
      lookups(helpers_max),
      names(helpers_max),
      starts(*loop, how.connects_max),
      through(*loop, std::numeric_limits<std::size_t>::max()),
      for_lookups_([this] {
        auto made = how;
        made.hosts.clear();
        return made;
      }()) {}

void engine::begin() {
  reactor::start(loop);
}

void engine::end() {
  loop->stop([self = shared_from_this()] {
    for (const auto& one : std::exchange(self->sessions, {}))
      one->lose(make_error(ec::cancelled, "the ssh transport was closed"));
    for (auto& [key, one] : std::exchange(self->bastions_, {}))
      one.link->close();
    self->answers_.clear();
  });
}

void engine::look_up(const endpoint& to, bool urgent,
                     std::function<void(const expected<resolved_endpoint>&)> done) {
  const auto key = key_of(to);
  auto& slot = answers_[key];
  if (slot.answer) {
    loop->post([answer = *slot.answer, done = std::move(done)] { done(answer); });
    return;
  }
  slot.waiting.push_back(std::move(done));
  if (slot.waiting.size() > 1)
    return;
  lookups.submit(
      [weak = weak_from_this(), home = loop, to, key, options = for_lookups_] {
        auto answer = resolve_endpoint(to, options, lookup_deadline);
        home->post([weak, key, answer = std::move(answer)] {
          const auto self = weak.lock();
          if (!self)
            return;
          auto& asked = self->answers_[key];
          const auto waiting = std::exchange(asked.waiting, {});
          if (answer)
            asked.answer = answer;
          for (const auto& each : waiting)
            each(answer);
        });
      },
      urgent);
}

const known_hosts& engine::hosts_of(const resolved_endpoint& to) {
  auto files = to.known_hosts;
  files.push_back(to.revoked_hosts); // last, and perhaps none
  std::vector<std::string> stamps;
  stamps.reserve(files.size());
  for (const auto& file : files)
    stamps.push_back(stamp(file));
  auto& slot = files_[files];
  if (slot.stamps != stamps) {
    slot.hosts = known_hosts::load(to.known_hosts);
    slot.hosts.add_revoked(read_text(to.revoked_hosts), to.revoked_hosts);
    slot.stamps = std::move(stamps);
  }
  return slot.hosts;
}

std::shared_ptr<connection> engine::bastion(connection::route route,
                                            std::chrono::milliseconds patience) {
  auto key = key_of(route.to);
  if (route.jumps)
    for (const auto& hop : *route.jumps)
      key += key_of("by", hop);
  if (std::find(route.chain.begin(), route.chain.end(), key) != route.chain.end())
    return nullptr;
  route.chain.push_back(key);
  auto& slot = bastions_[key];
  if (slot.link && !slot.link->over()) {
    slot.link->extend(patience);
    return slot.link;
  }
  connection::hooks on;
  on.ready = [this, key] { bastion_settled(key, nullptr); };
  on.lost = [this, key](const error& why) { bastion_settled(key, &why); };
  slot.link = std::make_shared<connection>(*this, std::move(route), patience, std::move(on));
  slot.link->start();
  return slot.link;
}

void engine::when_ready(const std::shared_ptr<connection>& link, std::weak_ptr<void> asker,
                        std::function<void(const error*)> done) {
  if (link->ready()) {
    done(nullptr);
    return;
  }
  const auto found = std::find_if(bastions_.begin(), bastions_.end(),
                                  [&](const auto& one) { return one.second.link == link; });
  if (found != bastions_.end())
    found->second.waiting.emplace_back(std::move(asker), std::move(done));
}

void engine::bastion_settled(const std::string& key, const error* why) {
  const auto found = bastions_.find(key);
  if (found == bastions_.end())
    return;
  const auto waiting = std::exchange(found->second.waiting, {});
  const auto link = found->second.link;
  if (why != nullptr) {
    loop->cancel(found->second.linger);
    bastions_.erase(found);
  }
  for (const auto& [asker, done] : waiting)
    if (const auto alive = asker.lock())
      done(why);
}

void engine::released(const std::shared_ptr<connection>& link) {
  for (auto& [key, one] : bastions_) {
    if (one.link != link)
      continue;
    loop->cancel(one.linger);
    one.linger = loop->after(bastion_linger, [this, key = key] {
      const auto found = bastions_.find(key);
      if (found == bastions_.end())
        return;
      found->second.linger = 0;
      // Everybody who needs it holds it.
      if (found->second.link.use_count() > 1 || !found->second.waiting.empty())
        return;
      const auto unused = found->second.link;
      bastions_.erase(found);
      unused->close();
    });
  }
}

} // namespace baton::ssh
