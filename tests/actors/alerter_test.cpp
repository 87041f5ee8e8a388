#include "actors/alerter.hpp"
#include "tests/support/actor_test.hpp"

#include <caf/event_based_actor.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace baton {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// An outbox of vectors, kept as the journal keeps it.
class fake_outbox : public outbox {
public:
  std::string fleet() override { return "lab"; }
  duration deliver_for() override { return 24h; }
  std::map<std::string, channel_info> channels() override { return known; }
  expected<std::vector<outbox_row>> waiting() override {
    std::ranges::stable_sort(rows, {}, [](const outbox_row& one) { return one.channel; });
    return rows;
  }
  expected<message> content(std::vector<outbox_row>& of) override {
    of.resize(std::min(of.size(), fits));
    message made;
    for (const auto& row : of)
      made.title += (made.title.empty() ? "" : "+") + std::to_string(row.event);
    return made;
  }
  expected<void> append(std::vector<record>& records) override {
    if (refuses)
      return unexpected(ec::journal_failed, "the disk is full");
    for (const auto& one : records) {
      written.emplace_back(type_name(one.what));
      if (const auto* sent = std::get_if<event::message_sent>(&one.what))
        drop(sent->channel, sent->of_event);
      if (const auto* lost = std::get_if<event::message_given_up>(&one.what))
        drop(lost->channel, lost->of_event);
      if (const auto* failed = std::get_if<event::message_failed>(&one.what))
        for (auto& row : rows)
          if (row.channel == failed->channel && row.event == failed->of_event) {
            row.attempts = failed->attempts;
            row.retry_at = failed->retry_at;
          }
      if (const auto* stopped = std::get_if<event::channel_stopped>(&one.what)) {
        known[stopped->channel].state.stopped = true;
        for (const auto& other : stopped->told_on)
          add(99, other);
      }
      if (const auto* resumed = std::get_if<event::channel_resumed>(&one.what)) {
        known[resumed->channel].state.stopped = false;
        known[resumed->channel].resumes = false;
      }
    }
    return {};
  }
  void add(std::uint64_t event, const std::string& channel = "phone", int nth = 0,
           time_point due = {}) {
    outbox_row made;
    made.event = event;
    made.channel = channel;
    made.nth = nth;
    made.due = due;
    rows.push_back(made);
  }
  void drop(const std::string& channel, std::uint64_t event) {
    std::erase_if(
        rows, [&](const outbox_row& row) { return row.channel == channel && row.event == event; });
  }

  std::vector<outbox_row> rows;
  std::map<std::string, channel_info> known{{"phone", {}}, {"team", {}}};
  std::vector<std::string> written;
  bool refuses = false;
  std::size_t fits = 10;
};

/// What the postmen were given, and what they answer when a test says so.
struct post {
  std::vector<std::string> carried;
  std::map<std::string, send_outcome> answers; ///< by channel
  bool holds = false;
  caf::actor gate; ///< what holds
};

/// Answers who asks for a channel once it hears that channel's name. (A promise is kept by its own
/// actor, while that runs.)
caf::behavior gate(caf::event_based_actor* self,
                   std::shared_ptr<std::map<std::string, caf::typed_response_promise<int>>> asked) {
  return {[self, asked](const std::string& channel, int) -> caf::result<int> {
            auto promise = self->make_response_promise<int>();
            asked->insert_or_assign(channel, promise);
            return promise;
          },
          [asked](const std::string& channel) { asked->at(channel).deliver(1); }};
}

postman_actor::behavior_type fake_postman(postman_actor::pointer self, std::shared_ptr<post> of) {
  return {[self, of](const parcel& one) {
    of->carried.push_back(one.channel + ":" + one.what->title);
    auto promise = self->make_response_promise<parcel_answer>();
    const auto answer = [of, promise, channel = one.channel](int) mutable {
      promise.deliver(parcel_answer{std::make_shared<send_outcome>(of->answers[channel])});
    };
    if (of->holds)
      self->request(of->gate, caf::infinite, one.channel, 0).then(answer);
    else
      promise.deliver(parcel_answer{std::make_shared<send_outcome>(of->answers[one.channel])});
    return promise;
  }};
}

class an_alerter : public actor_test {
protected:
  alerter_actor start() {
    alerter_house house;
    house.box = box;
    house.make_postman = [this] { return sys.spawn(fake_postman, mail); };
    house.now = [this] {
      return time_point{
          std::chrono::duration_cast<duration>(sched.clock().now().time_since_epoch())};
    };
    house.dice = [] { return 0.5; };
    return spawn(alerter, house);
  }
  void look() {
    caf::anon_send(made, look_again{});
    sched.run();
  }
  void release(const std::string& channel) {
    caf::anon_send(mail->gate, channel);
    sched.run();
  }
  static send_outcome fails(send_outcome::kind is) {
    send_outcome made;
    made.is = is;
    return made;
  }
  /// Whether ask_delivered is answered by now.
  bool is_delivered(bool reminders) {
    bool answered = false;
    auto asking = self->request(made, caf::infinite, ask_delivered{reminders});
    sched.run();
    asking.receive([&](const ask_delivered&) { answered = true; }, [](const caf::error&) {});
    return answered;
  }

  std::shared_ptr<fake_outbox> box = std::make_shared<fake_outbox>();
  std::shared_ptr<post> mail = std::make_shared<post>();
  alerter_actor made = start();

  void SetUp() override {
    mail->gate = sys.spawn(
        gate, std::make_shared<std::map<std::string, caf::typed_response_promise<int>>>());
  }
  void TearDown() override {
    self->send_exit(mail->gate, caf::exit_reason::kill);
    sched.run();
    mail->gate = nullptr;
  }
};

TEST_F(an_alerter, sends_what_waits_in_its_order_and_writes_it_down) {
  box->add(1);
  box->add(2);
  look();
  EXPECT_THAT(mail->carried, ElementsAre("phone:1", "phone:2"));
  EXPECT_THAT(box->written, ElementsAre("message_sent", "message_sent"));
  EXPECT_THAT(box->rows, IsEmpty());
}

TEST_F(an_alerter, gives_each_channel_one_message_at_a_time) {
  mail->holds = true;
  box->add(1);
  box->add(2);
  box->add(1, "team");
  look();
  look();
  EXPECT_THAT(mail->carried, ElementsAre("phone:1", "team:1"));
  release("phone");
  EXPECT_THAT(mail->carried, ElementsAre("phone:1", "team:1", "phone:2"))
      << "a channel that hangs holds up no other";
}

TEST_F(an_alerter, looks_when_records_become_durable) {
  box->add(1);
  caf::anon_send(made, record_note{std::make_shared<const std::vector<record>>()});
  sched.run();
  EXPECT_THAT(mail->carried, ElementsAre("phone:1"));
}

TEST_F(an_alerter, joins_what_waits_together_where_people_read) {
  box->known["phone"].state.joins = true;
  box->add(1);
  box->add(2);
  look();
  EXPECT_THAT(mail->carried, ElementsAre("phone:1+2"));
  EXPECT_THAT(box->written, ElementsAre("message_sent", "message_sent"));
}

TEST_F(an_alerter, sends_what_did_not_fit_into_a_message_in_the_next_one) {
  box->known["phone"].state.joins = true;
  box->fits = 2;
  for (const auto event : {1, 2, 3})
    box->add(static_cast<std::uint64_t>(event));
  look();
  EXPECT_THAT(mail->carried, ElementsAre("phone:1+2", "phone:3"));
  EXPECT_THAT(box->written, ElementsAre("message_sent", "message_sent", "message_sent"));
}

TEST_F(an_alerter, tries_again_later_and_lets_nothing_overtake) {
  mail->answers["phone"] = fails(send_outcome::kind::again);
  box->add(1);
  box->add(2);
  look();
  EXPECT_THAT(mail->carried, ElementsAre("phone:1"));
  mail->answers.clear();
  advance(500ms);
  EXPECT_THAT(mail->carried, ElementsAre("phone:1")) << "half of two seconds";
  advance(600ms);
  EXPECT_THAT(mail->carried, ElementsAre("phone:1", "phone:1", "phone:2"));
}

TEST_F(an_alerter, keeps_the_pace_of_a_channel) {
  box->known["phone"].pace = 3s;
  box->add(1);
  box->add(2);
  look();
  EXPECT_THAT(mail->carried, ElementsAre("phone:1"));
  advance(3s);
  EXPECT_THAT(mail->carried, ElementsAre("phone:1", "phone:2"));
}

TEST_F(an_alerter, tells_another_channel_when_one_is_stopped) {
  mail->answers["phone"] = fails(send_outcome::kind::stopped);
  box->add(1);
  look();
  EXPECT_THAT(mail->carried, ElementsAre("phone:1", "team:99"));
  EXPECT_THAT(box->written, ElementsAre("message_failed", "channel_stopped", "message_sent"));
  look();
  advance(1h);
  EXPECT_EQ(mail->carried.size(), 2u) << "nothing more is sent there";
  EXPECT_TRUE(is_delivered(true)) << "nor is it waited for";
}

TEST_F(an_alerter, goes_on_with_a_channel_that_has_been_mended) {
  box->known["phone"].state.stopped = true;
  box->add(1);
  look();
  EXPECT_THAT(mail->carried, IsEmpty());
  box->known["phone"].resumes = true;
  look();
  EXPECT_THAT(mail->carried, ElementsAre("phone:1"));
  EXPECT_THAT(box->written, ElementsAre("channel_resumed", "message_sent"));
}

TEST_F(an_alerter, gives_up_what_is_for_a_channel_that_is_gone) {
  box->add(1, "nobody");
  look();
  EXPECT_THAT(box->written, ElementsAre("message_given_up"));
  EXPECT_THAT(mail->carried, IsEmpty());
}

TEST_F(an_alerter, sends_nothing_twice_because_the_journal_refused) {
  box->refuses = true;
  box->add(1);
  look();
  look();
  advance(5s);
  EXPECT_THAT(mail->carried, ElementsAre("phone:1"));
  box->refuses = false;
  advance(5s);
  EXPECT_THAT(box->written, ElementsAre("message_sent"));
  EXPECT_THAT(mail->carried, ElementsAre("phone:1"));
}

TEST_F(an_alerter, sends_a_reminder_when_its_time_has_come) {
  const auto now =
      time_point{std::chrono::duration_cast<duration>(sched.clock().now().time_since_epoch())};
  box->add(1, "phone", 1, now + 4h);
  look();
  EXPECT_TRUE(is_delivered(false)) << "all but the reminder";
  for (int minute = 0; minute < 239; ++minute)
    advance(1min);
  EXPECT_THAT(mail->carried, IsEmpty());
  advance(1min);
  EXPECT_THAT(mail->carried, ElementsAre("phone:1"));
  EXPECT_TRUE(is_delivered(true));
}

TEST_F(an_alerter, says_that_all_is_sent_when_it_is) {
  mail->holds = true;
  box->add(1);
  bool answered = false;
  auto asking = self->request(made, caf::infinite, ask_delivered{true});
  sched.run();
  EXPECT_THAT(mail->carried, ElementsAre("phone:1"));
  release("phone");
  asking.receive([&](const ask_delivered&) { answered = true; }, [](const caf::error&) {});
  EXPECT_TRUE(answered);
}

TEST_F(an_alerter, has_a_postman_that_answers_also_when_the_sender_throws) {
  const auto man = self->spawn(postman, [](const std::string&, const message&) -> send_outcome {
    throw std::runtime_error{"oops"};
  });
  auto asking = self->request(man, caf::infinite, parcel{"phone", std::make_shared<message>()});
  sched.run();
  send_outcome how;
  asking.receive([&](const parcel_answer& answer) { how = *answer.how; }, [](const caf::error&) {});
  EXPECT_EQ(how.is, send_outcome::kind::again);
  EXPECT_THAT(how.why, testing::HasSubstr("oops"));
}

} // namespace
} // namespace baton
