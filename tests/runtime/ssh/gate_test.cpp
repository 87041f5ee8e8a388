#include "runtime/ssh/gate.hpp"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace baton::ssh {

/// A gate on its reactor, and who was let in, by number.
class gate_test : public testing::Test {
protected:
  gate_test() { reactor::start(loop); }
  ~gate_test() override {
    loop->stop([this] { tickets.clear(); });
  }

  /// Does it on the reactor's thread; what follows from it has happened when this returns.
  void there(const std::function<void()>& todo) {
    std::promise<void> done;
    loop->post([&] {
      todo();
      // Those let in are called by timers that are due before this one.
      loop->after(std::chrono::milliseconds{1}, [&] { done.set_value(); });
    });
    done.get_future().wait();
  }
  void enter(int who, const std::string& address, std::size_t most = 2) {
    tickets[who] = through.enter(address, most, [this, who] { inside.push_back(who); });
  }
  std::vector<int> now() { return std::exchange(inside, {}); }

  std::shared_ptr<reactor> loop = std::make_shared<reactor>();
  gate through{*loop, 4};
  std::map<int, std::unique_ptr<gate::ticket>> tickets;
  std::vector<int> inside;
};

using list = std::vector<int>;

TEST_F(gate_test, so_many_at_one_address_so_many_in_all_in_the_order_they_came) {
  there([&] {
    for (int who = 1; who <= 4; ++who)
      enter(who, "a");
    for (int who = 5; who <= 8; ++who)
      enter(who, "b");
    enter(9, "c");
  });
  EXPECT_EQ((list{1, 2, 5, 6}), now());
  there([&] { tickets.erase(5); });
  EXPECT_EQ((list{7}), now()); // 3 came earlier, but there is no room at its address
  there([&] {
    tickets.erase(1);
    tickets.erase(2);
  });
  EXPECT_EQ((list{3, 4}), now());
  there([&] {
    tickets.erase(3);
    tickets.erase(8); // it gives up waiting
  });
  EXPECT_EQ((list{9}), now());
}

TEST_F(gate_test, an_address_that_drops_logins_is_given_fewer_at_once) {
  there([&] {
    for (int who = 1; who <= 4; ++who)
      enter(who, "a");
    through.dropped("a");
  });
  EXPECT_EQ((list{1, 2}), now());
  there([&] { tickets.erase(1); });
  EXPECT_EQ(list{}, now());
  there([&] { tickets.erase(2); });
  EXPECT_EQ((list{3}), now());
  there([&] { through.dropped("a"); }); // never none
  there([&] { tickets.erase(3); });
  EXPECT_EQ((list{4}), now());
}

TEST_F(gate_test, one_who_was_let_in_may_leave_in_the_same_moment) {
  there([&] {
    enter(1, "a", 1);
    tickets[2] = through.enter("a", 1, [&] {
      inside.push_back(2);
      tickets.erase(2);
    });
    enter(3, "a", 1);
    tickets.erase(1);
  });
  there([] {});
  EXPECT_EQ((list{2, 3}), now());
}

} // namespace baton::ssh
