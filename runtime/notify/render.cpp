#include "runtime/notify/render.hpp"

#include "messages/json_time.hpp"

#include <kainjow/mustache.hpp>

#include <algorithm>
#include <exception>

namespace baton {

namespace {

namespace mustache = kainjow::mustache;

mustache::data data_of(const message& what) {
  mustache::data made;
  made.set("id", what.id);
  made.set("event", what.event);
  made.set("severity", std::string{to_string(what.severity)});
  made.set("fleet", what.fleet);
  made.set("environment", what.environment);
  made.set("run", what.run);
  made.set("at", format_time(what.at));
  made.set("title", what.title);
  made.set("text", what.text);
  made.set("status", what.status);
  made.set("phase", what.phase);
  made.set("host", what.host);
  made.set("commit", what.commit);
  made.set("error", what.error);
  made.set("next", what.next);
  if (what.nth > 0)
    made.set("reminder", std::to_string(what.nth));
  mustache::data hosts{mustache::data::type::list};
  for (const auto& one : what.hosts) {
    mustache::data host;
    host.set("host", one.host);
    host.set("serves", one.serves);
    host.set("health", one.health);
    host.set("commit", one.commit);
    hosts.push_back(host);
  }
  made.set("hosts", hosts);
  return made;
}

} // namespace

std::string template_fault(const std::string& text) {
  try {
    const mustache::mustache whole{text};
    return whole.is_valid() ? "" : "is no template of mustache: " + whole.error_message();
  } catch (const std::exception&) {
    return "cannot be read as a template";
  }
}

const std::vector<std::string>& template_variables() {
  static const std::vector<std::string> names{
      "id",    "event",    "severity", "fleet",  "environment", "run",    "at",
      "title", "text",     "status",   "phase",  "host",        "commit", "error",
      "next",  "reminder", "hosts",    "serves", "health"};
  return names;
}

std::vector<std::string> unknown_variables(const std::string& text) {
  const auto& known = template_variables();
  std::vector<std::string> found;
  for (auto begin = text.find("{{"); begin != std::string::npos; begin = text.find("{{", begin)) {
    begin += 2;
    auto tag = text.substr(begin, text.find("}}", begin) - begin);
    if (tag.starts_with('='))
      return {};
    const bool speaks_of_none = tag.starts_with('!') || tag.starts_with('>');
    const auto first = tag.find_first_not_of("#^/&{ \t\n");
    tag = first == std::string::npos ? "." : tag.substr(first);
    tag = tag.substr(0, tag.find_last_not_of("} \t\n") + 1);
    const auto is = [&](const std::string& name) { return name == tag; };
    if (!speaks_of_none && tag != "." && std::none_of(known.begin(), known.end(), is)
        && std::none_of(found.begin(), found.end(), is))
      found.push_back(tag);
  }
  return found;
}

std::string render(const std::string& text_template, const message& what,
                   const std::function<std::string(std::string_view)>& escape) {
  try {
    mustache::mustache whole{text_template};
    whole.set_custom_escape([&](const std::string& value) { return escape(value); });
    return whole.render(data_of(what));
  } catch (const std::exception&) {
    return what.title + "\n" + what.text;
  }
}

} // namespace baton
