#include "metrics/family.hpp"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <functional>

namespace baton {

namespace {

std::vector<double> numbers_of(prometheus::MetricType type, const prometheus::ClientMetric& one) {
  if (type == prometheus::MetricType::Counter)
    return {one.counter.value};
  if (type == prometheus::MetricType::Gauge)
    return {one.gauge.value};
  std::vector<double> made;
  std::uint64_t below = 0;
  for (const auto& bucket : one.histogram.bucket) {
    made.push_back(static_cast<double>(bucket.cumulative_count - below));
    below = bucket.cumulative_count;
  }
  made.push_back(one.histogram.sample_sum);
  return made;
}

bool is_zero(const std::vector<double>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double one) { return one == 0; });
}

bool have_names(const metric_labels& labels, const std::vector<std::string>& names) {
  return labels.size() == names.size()
         && std::all_of(names.begin(), names.end(),
                        [&](const std::string& name) { return labels.contains(name); });
}

/// Numbers of a counter or gauge: one.
bool is_single(const std::vector<double>& numbers) {
  return numbers.size() == 1;
}

} // namespace

series_values minus(const series_values& now, const series_values& before) {
  series_values made;
  for (const auto& [family, series] : now) {
    const auto family_before = before.find(family);
    for (const auto& [labels, numbers] : series) {
      auto left = numbers;
      if (family_before != before.end())
        if (const auto was = family_before->second.find(labels);
            was != family_before->second.end() && was->second.size() == left.size())
          std::transform(left.begin(), left.end(), was->second.begin(), left.begin(),
                         std::minus<>{});
      if (!is_zero(left))
        made[family].emplace(labels, std::move(left));
    }
  }
  return made;
}

ordered_json to_json(const series_values& all) {
  auto made = ordered_json::object();
  for (const auto& [family, series] : all) {
    auto& list = made[family] = ordered_json::array();
    for (const auto& [labels, numbers] : series)
      list.push_back({{"labels", labels}, {"value", numbers}});
  }
  return made;
}

std::optional<series_values> values_from_json(const json& all) {
  if (!all.is_object())
    return {};
  try {
    series_values made;
    for (const auto& [family, series] : all.items()) {
      if (!series.is_array())
        return {};
      auto& values = made[family];
      for (const auto& one : series)
        values.emplace(one.at("labels").get<metric_labels>(),
                       one.at("value").get<std::vector<double>>());
    }
    return made;
  } catch (const json::exception&) {
    return {};
  }
}

void family_registry::note(family_words words, grow take) {
  auto name = words.name;
  members_.emplace(std::move(name), member{std::move(words), std::move(take)});
}

counter_family family_registry::counter(const char* name, const char* help, label_names labels) {
  const counter_family made{prometheus::BuildCounter().Name(name).Help(help).Register(registry_)};
  note({name, "counter", std::move(labels), help},
       [made](const metric_labels& of, const std::vector<double>& value) {
         if (!is_single(value) || value[0] < 0)
           return false;
         made.at(of).Increment(value[0]);
         return true;
       });
  return made;
}

gauge_family family_registry::gauge(const char* name, const char* help, label_names labels) {
  const gauge_family made{prometheus::BuildGauge().Name(name).Help(help).Register(registry_)};
  note({name, "gauge", std::move(labels), help},
       [made](const metric_labels& of, const std::vector<double>& value) {
         if (is_single(value))
           made.at(of).Set(value[0]);
         return is_single(value);
       });
  return made;
}

histogram_family family_registry::histogram(const char* name, const char* help,
                                            std::vector<double> edges, label_names labels) {
  const auto buckets = edges.size() + 1; // and those above the last edge
  histogram_family made{prometheus::BuildHistogram().Name(name).Help(help).Register(registry_),
                        std::move(edges)};
  note({name, "histogram", std::move(labels), help},
       [made, buckets](const metric_labels& of, std::vector<double> value) {
         if (value.size() != buckets + 1
             || std::any_of(value.begin(), value.end(), [](double one) { return one < 0; }))
           return false;
         const double sum = value.back();
         value.pop_back();
         made.at(of).ObserveMultiple(value, sum);
         return true;
       });
  return made;
}

std::vector<family_words> family_registry::words() const {
  std::vector<family_words> made;
  for (const auto& [name, one] : members_)
    made.push_back(one.words);
  return made;
}

series_values family_registry::values() const {
  series_values made;
  for (const auto& family : collect()) {
    auto& series = made[family.name];
    for (const auto& one : family.metric) {
      metric_labels labels;
      for (const auto& label : one.label)
        labels.emplace(label.name, label.value);
      series.emplace(std::move(labels), numbers_of(family.type, one));
    }
  }
  return made;
}

bool family_registry::add(const series_values& values) {
  bool all_fit = true;
  for (const auto& [family, series] : values) {
    const auto to = members_.find(family);
    if (to == members_.end()) {
      all_fit = false;
      continue;
    }
    for (const auto& [labels, numbers] : series)
      all_fit = have_names(labels, to->second.words.labels) && to->second.take(labels, numbers)
                && all_fit;
  }
  return all_fit;
}

} // namespace baton
