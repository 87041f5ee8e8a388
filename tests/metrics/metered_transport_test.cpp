#include "metrics/metered_transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace baton {
namespace {

using testing::HasSubstr;

class quiet_session : public session {
public:
  channel_id run(std::string, std::chrono::milliseconds) override { return 1; }
  void write(channel_id, std::string) override {}
  void write_end(channel_id) override {}
  void credit(channel_id, std::size_t) override {}
  void cancel(channel_id) override {}
};

/// A transport whose events the test makes.
class stage_transport : public transport {
public:
  std::unique_ptr<session> open(const endpoint&, transport_sink sink,
                                std::chrono::milliseconds) override {
    say = std::move(sink);
    return std::make_unique<quiet_session>();
  }
  transport_sink say;
};

class a_metered_transport : public testing::Test {
protected:
  a_metered_transport() { to_.name = "vps"; }

  std::unique_ptr<session> open() {
    return metered_->open(
        to_, [this](transport_event_t) { ++heard_; }, std::chrono::seconds{1});
  }
  void lose(ec code) {
    error why;
    why.code = code;
    below_->say(transport_event::lost{why});
  }

  endpoint to_;
  int heard_ = 0;
  std::shared_ptr<stage_transport> below_ = std::make_shared<stage_transport>();
  std::shared_ptr<recorder> recorder_ = std::make_shared<recorder>(recorder::build_words{"1", "a"});
  std::shared_ptr<transport> metered_ = metered(below_, recorder_);
};

TEST_F(a_metered_transport, counts_connections_and_bytes_and_passes_all_on) {
  const auto one = open();
  below_->say(transport_event::connected{});
  below_->say(transport_event::output{1, false, std::string(100, 'x')});
  below_->say(transport_event::output{1, true, std::string(11, 'x')});
  EXPECT_EQ(heard_, 3);
  EXPECT_THAT(recorder_->exposition(), HasSubstr("baton_ssh_sessions 1\n"));
  EXPECT_THAT(recorder_->exposition(), HasSubstr("baton_ssh_received_bytes_total 111\n"));
  EXPECT_THAT(recorder_->exposition(), HasSubstr("baton_ssh_connects_total{host=\"vps\"} 1\n"));
  lose(ec::connection_lost);
  EXPECT_THAT(recorder_->exposition(), HasSubstr("baton_ssh_sessions 0\n"));
  EXPECT_THAT(recorder_->exposition(), testing::Not(HasSubstr("failures_total{host")));
}

TEST_F(a_metered_transport, counts_a_connection_that_never_came_to_be) {
  const auto one = open();
  lose(ec::auth_failed);
  EXPECT_EQ(heard_, 1);
  EXPECT_THAT(recorder_->exposition(),
              HasSubstr("baton_ssh_connect_failures_total{host=\"vps\",reason=\"auth_failed\"} 1"));
  EXPECT_THAT(recorder_->exposition(), HasSubstr("baton_ssh_sessions 0\n"));
}

TEST_F(a_metered_transport, counts_a_session_as_closed_when_its_owner_lets_it_go) {
  auto one = open();
  below_->say(transport_event::connected{});
  one.reset();
  below_->say = nullptr; // as a transport does when a session is gone
  EXPECT_THAT(recorder_->exposition(), HasSubstr("baton_ssh_sessions 0\n"));
}

} // namespace
} // namespace baton
