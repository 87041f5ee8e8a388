#include "cli/metered_actors.hpp"

#include <utility>

namespace baton {

namespace {

class counting_watch : public actor_watch {
public:
  explicit counting_watch(std::shared_ptr<recorder> by) : by_{std::move(by)} {}

  void began(actor_role role) override { by_->actor_began(to_string(role)); }
  void broke(actor_role role) override { by_->actor_broke(to_string(role)); }
  void waited(actor_role role, std::size_t messages) override {
    by_->actor_waited(to_string(role), messages);
  }

  void live(std::size_t count) override { by_->actors_live(count); }

private:
  std::shared_ptr<recorder> by_;
};

} // namespace

watch_ptr metered_actors(std::shared_ptr<recorder> by) {
  return std::make_shared<counting_watch>(std::move(by));
}

} // namespace baton
