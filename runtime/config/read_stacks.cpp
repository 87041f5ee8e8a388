#include "runtime/config/read_fleet.hpp"

namespace baton {

namespace {

constexpr word_of<source_kind> sources[]{{"fetch", source_kind::fetch},
                                         {"push", source_kind::push}};
constexpr word_of<dirty_policy> dirties[]{{"refuse", dirty_policy::refuse},
                                          {"discard", dirty_policy::discard},
                                          {"keep", dirty_policy::keep}};
constexpr word_of<image_source> images[]{{"pull", image_source::pull},
                                         {"build", image_source::build}};

void check_inside_checkout(const view& in, const std::vector<std::string>& files) {
  for (const auto& file : files)
    if (file.starts_with('~'))
      in.fault("relative to the checkout, or from /, not \"" + file + '"');
}

void read_compose(const view& in, compose_engine& into) {
  in["files"].read(into.files);
  check_inside_checkout(in["files"], into.files);
  in["project"].read(into.project);
  if (into.project.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos
      || into.project.starts_with('_'))
    in["project"].fault("a compose project is named with lower-case letters, digits, `_` and `-`, "
                        "not \""
                        + into.project + '"');
  in["profiles"].read(into.profiles);
  in["env_files"].read(into.env_files);
  check_inside_checkout(in["env_files"], into.env_files);
  in["images"].read(into.images, images);
}

void read_engine(const view& in, stack& into) {
  const auto compose = in["compose"];
  const auto commands = in["command"];
  if (compose.present() && commands.present())
    return commands.fault("a stack has one engine", "take either compose or command");
  if (compose.present()) {
    if (!std::holds_alternative<compose_engine>(into.engine))
      into.engine = compose_engine{};
    read_compose(compose, std::get<compose_engine>(into.engine));
  }
  if (commands.present()) {
    if (!std::holds_alternative<command_engine>(into.engine))
      into.engine = command_engine{};
    auto& engine = std::get<command_engine>(into.engine);
    commands["prepare"].read(engine.prepare);
    commands["start"].read(engine.start);
    commands["stop"].read(engine.stop);
    commands["status"].read(engine.status);
  }
}

void read_health(const view& in, const declared_names& names, health_policy& into) {
  in["steady"].read(into.steady);
  in["deadline"].read_positive(into.deadline);
  in["interval"].read_positive(into.interval);
  read_checks(in["checks"], names, false, into.checks);
  if (in.present() && into.deadline < into.steady)
    in[in["deadline"].present() ? "deadline" : "steady"].fault(
        "the deadline passes before a stack can have been healthy for the steady time",
        "deadline must be longer than steady");
}

} // namespace

void read_stack(const view& in, const declared_names& names, stack& into) {
  in["repository"].read(into.repository);
  in["source"].read(into.source, sources);
  in["dirty"].read(into.dirty, dirties);
  in["path"].read_host_path(into.path);
  read_engine(in, into);
  read_health(in["health"], names, into.health);
  in["vars"].read(into.vars);
}

std::vector<stack> read_stacks(const view& root, const declared_names& names) {
  std::vector<stack> found;
  const auto add = [&](const std::string& name, const view& in) {
    stack made;
    made.name = name;
    made.path = "~/" + name;
    read_stack(in, names, made);
    found.push_back(std::move(made));
  };
  const auto one = root["stack"];
  const auto several = root["stacks"];
  if (one.present() && several.present()) {
    one.fault("stands beside `stacks`", "name it, and put it there");
    return found;
  }
  if (one.present()) {
    std::string name;
    root["fleet"].read(name);
    add(name, one);
  }
  for (const auto& [name, value] : several.entries())
    add(name, value);
  if (!one.present() && !several.present())
    root.missing("stacks", "what is deployed, such as {app: {path: ~/app}}");
  return found;
}

} // namespace baton
