#pragma once

#include "actors/host/parts.hpp"
#include "actors/host/timers.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace baton {

/// The stack that an order speaks of; null where it is none.
const stack* stack_of(const work_order& order);

/// The way of a host actor to the others of its fleet.
struct colleagues {
  std::function<void(const std::string& target, const check_order&,
                     std::function<void(std::vector<check_answer>)>)>
      ask;
  std::function<void(const std::string& target, const std::string& run, const std::string& id)>
      stop;
  std::function<void(const std::string& target, const whose_question&,
                     std::function<void(bool is_lost)>)>
      whose;
};

/// Asks checks, each from its target, all at once. Belongs to the thread of the host actor that
/// wants to know; kept alive by its pending callbacks until it has ended.
class asking : public std::enable_shared_from_this<asking> {
public:
  /// What it needs of the host actor. `post` brings a function from any thread to its own.
  struct place {
    const host_house& house;
    const colleagues& others;
    timers clock;
    std::function<void(std::function<void()>)> post;
  };
  using answers = std::vector<check_answer>;

  /// `id` names the looks on the targets. `done` is called once, with an answer to each question,
  /// in order: within `longest`, whatever the targets do.
  asking(place where, plan_ptr plan, std::string id, std::vector<check_question> questions,
         duration longest, std::function<void(answers)> done);

  void run();

  /// Nothing is heard any more; looks that are under way are killed.
  void stop();

private:
  /// Questions that one target is asked.
  struct group {
    std::string target; ///< empty: this process
    std::vector<std::size_t> which;
    bool is_open = true;
  };

  std::vector<check_question> questions_of(const group& one) const;
  void ask(std::size_t nth);
  void take(std::size_t nth, answers told);
  void give_up();
  void stop_looks();
  void finish();

  place where_;
  plan_ptr plan_;
  std::string id_;
  std::vector<check_question> questions_;
  duration longest_;
  std::function<void(answers)> done_;
  std::vector<group> groups_;
  std::size_t open_ = 0;
  answers told_;
};

} // namespace baton
