#include "tests/simulate/control_server.hpp"

#include "tests/simulate/machine.hpp"
#include "tests/simulate/world.hpp"

#include <charconv>
#include <utility>

namespace baton::simulate {

namespace {

constexpr duration served_within{1};

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  words.reserve(13); // those of a start, which has the most
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

} // namespace

control_server::control_server(world& in, machine& on, std::function<void(std::string)> say)
    : in_{in}, on_{on}, say_{std::move(say)} {}

state_folder& control_server::folder() {
  return on_.folder(path_);
}

void control_server::hear(std::string_view bytes) {
  buffer_.append(bytes);
  if (began_ || begin_conversation())
    work();
}

/// The program comes in one piece; its last line says who speaks, and of which folder.
bool control_server::begin_conversation() {
  const auto at = buffer_.rfind("\nb_main ");
  if (at == std::string::npos || buffer_.back() != '\n')
    return false;
  const auto words = words_of(std::string_view{buffer_}.substr(at + 1, buffer_.size() - at - 2));
  if (words.size() != 4)
    return false;
  marker_ = words[1];
  path_ = words[3];
  std::erase(path_, '\'');
  if (path_.empty())
    path_ = home_folder;
  buffer_.clear();
  began_ = true;
  say_(marker_ + " 0 READY\nboot " + on_.boot() + "\nuptime "
       + std::to_string(on_.uptime().count() / 1000) + "\nuid 1000\nhome " + path_
       + "\nshell dash\nsetsid setsid\nmissing\ncgroup \nlogind 0\n" + marker_ + " 0 ok\n");
  return true;
}

bool control_server::take(request& into) {
  const auto end = buffer_.find('\n');
  if (end == std::string::npos)
    return false;
  auto words = words_of(std::string_view{buffer_}.substr(0, end));
  const auto length = number(words.at(2));
  const auto trailer = "end " + words[0] + "\n";
  const auto all = end + 1 + length + trailer.size();
  if (buffer_.size() < all)
    return false;
  into.id = words[0];
  into.operation = words[1];
  into.payload = buffer_.substr(end + 1, length);
  words.erase(words.begin(), words.begin() + 3);
  into.arguments = std::move(words);
  into.arguments.resize(10);
  buffer_.erase(0, all);
  return true;
}

/// One request after the other, each in its time.
void control_server::work() {
  request next;
  if (busy_ || !take(next))
    return;
  busy_ = true;
  in_.clock.after(served_within, [weak = weak_from_this(), next = std::move(next)] {
    const auto self = weak.lock();
    if (!self)
      return;
    self->busy_ = false;
    self->serve(next);
    self->work();
  });
}

void control_server::serve(const request& what) {
  using member = void (control_server::*)(const request&);
  static const std::map<std::string_view, member> known{
      {"start", &control_server::start},         {"acquire", &control_server::acquire},
      {"take", &control_server::take_over},      {"heartbeat", &control_server::heartbeat},
      {"release", &control_server::release},     {"ended", &control_server::ended},
      {"break", &control_server::take_by_force}, {"show", &control_server::show},
      {"kill", &control_server::kill},           {"facts", &control_server::facts},
      {"list", &control_server::list},           {"forget", &control_server::forget}};
  if (const auto found = known.find(what.operation); found != known.end())
    (this->*found->second)(what);
  else if (what.operation == "poll")
    report(what, what.arguments[0] + ' ' + what.arguments[1], number(what.arguments[2]),
           number(what.arguments[3]), false);
  else
    in_.break_promise("the model of a host does not know the request " + what.operation);
}

void control_server::answer(const request& to, const std::string& words,
                            const std::string& payload) {
  say_(payload + marker_ + ' ' + to.id + ' ' + words + '\n');
}

void control_server::refuse(const request& to, const std::string& word, const std::string& why) {
  answer(to, "no " + word, why);
}

} // namespace baton::simulate
