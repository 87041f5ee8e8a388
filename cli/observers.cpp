#include "cli/observers.hpp"

#include "messages/json.hpp"

#include <cstdio>
#include <iostream>
#include <utility>

namespace baton {

namespace {

std::string line_of(const record& what) {
  auto wire = to_json(what);
  wire["seq"] = what.seq;
  return dump(wire);
}

} // namespace

void event_printer::on_record(const record& what) {
  std::cout << line_of(what) << "\n" << std::flush;
}

alert_teller::alert_teller(std::function<void(std::string)> say) : say_{std::move(say)} {}

void alert_teller::on_record(const record& what) {
  if (const auto* alert = std::get_if<event::alert_raised>(&what.what))
    say_("ALERT " + std::string{to_string(alert->severity)} + ": " + alert->text);
}

phase_bell::phase_bell(std::function<void(const record&)> on_each,
                       std::function<void()> on_phase_end)
    : on_each_{std::move(on_each)}, on_phase_end_{std::move(on_phase_end)} {}

void phase_bell::on_record(const record& what) {
  on_each_(what);
  if (std::holds_alternative<event::phase_ended>(what.what)
      || std::holds_alternative<event::run_finished>(what.what))
    on_phase_end_();
}

} // namespace baton
