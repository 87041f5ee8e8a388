#pragma once

#include "messages/time.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace baton::simulate {

struct world;
class machine;
struct state_folder;
struct step_record;

/// The other end of runtime/steps/control_shell: what control.sh does on a host, as a model. One
/// lives as long as its channel; what it has started lives on.
class control_server : public std::enable_shared_from_this<control_server> {
public:
  control_server(world& in, machine& on, std::function<void(std::string)> say);

  void hear(std::string_view bytes);

private:
  struct request {
    std::string id, operation;
    std::vector<std::string> arguments;
    std::string payload;
  };

  bool begin_conversation();
  void work();
  /// False: there is no whole request yet.
  bool take(request& into);
  void serve(const request& what);
  void answer(const request& to, const std::string& words, const std::string& payload = {});
  void refuse(const request& to, const std::string& word, const std::string& why);

  // control_lease.sh
  void acquire(const request& what);
  void take_over(const request& what);
  void heartbeat(const request& what);
  void release(const request& what);
  void ended(const request& what);
  void take_by_force(const request& what);
  void say_held(const request& to, const struct lease_file& whose);
  void say_mine(const request& to);
  void show(const request& what);
  void beat();
  bool may_be_asked_for(const request& what, const std::string& run, const char* step);

  // control_steps.sh
  struct judgement {
    std::string state = "absent";
    int code = -1;
    step_record* record = nullptr;
  };
  judgement judge(const std::string& step);
  void report(const request& to, const std::string& step, std::uint64_t offset, std::uint64_t most,
              bool started);
  void start(const request& what);
  void kill(const request& what);
  void facts(const request& what);
  void list(const request& what);
  void forget(const request& what);

  state_folder& folder();

  world& in_;
  machine& on_;
  std::function<void(std::string)> say_;
  std::string buffer_, marker_, path_;
  bool began_ = false, busy_ = false;
};

} // namespace baton::simulate
