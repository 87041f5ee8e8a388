#include "runtime/secrets/said_secrets.hpp"

#include "runtime/secrets/secret_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(a_name, says_whether_it_is_that_of_a_secret) {
  for (const auto* name : {"PASSWORD",
                           "DB_PASSWORD",
                           "db-passwd",
                           "dbPassword",
                           "MYSQL_ROOT_PASSWORD",
                           "SMTP_PASS",
                           "REDIS_PWD",
                           "API_TOKEN",
                           "token",
                           "X-Auth-Token",
                           "client_secret",
                           "SECRET_KEY_BASE",
                           "apiKey",
                           "API_KEY",
                           "apikey",
                           "PRIVATE_KEY",
                           "SSH_KEY",
                           "AWS_SECRET_ACCESS_KEY",
                           "ENCRYPTION_KEY",
                           "--access-token",
                           "credentials",
                           "spring.datasource.password",
                           "AUTH_SALT",
                           "KEY_PASSPHRASE",
                           "GITHUB_TOKENS"})
    EXPECT_TRUE(names_a_secret(name)) << name;
  for (const auto* name : {"",
                           "USER",
                           "PATH",
                           "PWD",
                           "HOME",
                           "PASSWORD_FILE",
                           "TOKEN_TTL",
                           "SECRET_NAME",
                           "AWS_ACCESS_KEY_ID",
                           "PUBLIC_KEY",
                           "CACHE_KEY",
                           "KEYBOARD",
                           "MONKEY",
                           "COMPASS",
                           "BYPASS",
                           "PASSWORD_MIN_LENGTH",
                           "TOKEN_URL",
                           "key",
                           "SALTED",
                           "BYPASSED",
                           "password-file"})
    EXPECT_FALSE(names_a_secret(name)) << name;
}

struct said {
  const char* name;
  const char* text;
  const char* shown;
};

TEST(a_free_text, is_shown_without_the_secrets_in_it) {
  for (const auto& [name, text, shown] : std::vector<said>{
           // variables
           {"DB_PASSWORD", "x", "***"},
           {"DB_PASSWORD", "", ""},
           {"DB_PASSWORD_FILE", "/run/secrets/db", "/run/secrets/db"},
           {"DATABASE_URL", "postgres://app:hunter2@db:5432/app", "postgres://app:***@db:5432/app"},
           {"PORT", "8080", "8080"},
           {"JAVA_OPTS", "-Xmx1g -Ddb.password=hunter2 -ea", "-Xmx1g -Ddb.password=*** -ea"},
           // URLs
           {"", "https://me:hunter2@github.com/o/r.git", "https://me:***@github.com/o/r.git"},
           {"", "https://me:x:y@h/a@b", "https://me:***@h/a@b"},
           {"", "https://:pw@h/", "https://:***@h/"},
           {"", "https://github.com/o/r.git", "https://github.com/o/r.git"},
           {"", "git@github.com:o/r.git", "git@github.com:o/r.git"},
           {"", "ssh://git@h:22/r.git", "ssh://git@h:22/r.git"},
           {"", "http://me:pw@${host}:8080/health", "http://me:***@${host}:8080/health"},
           {"", "http://${host}/h?a=1&token=abc&key=xyz&b=2",
            "http://${host}/h?a=1&token=***&key=***&b=2"},
           {"", "http://h/?a=abc&token=abc", "http://h/?a=abc&token=***"},
           {"", "https://hooks.slack.com/services/T0001/B0002/xKq7Rb29LmZs81WvTyUc04Pd",
            "https://hooks.slack.com/services/T0001/B0002/***"},
           {"", "https://ghp_a9Xk3Lq0Zr7Tb2Wm5Yc8Vd1Nf4Sg6Hj0Kp3@github.com/o/r.git",
            "https://***@github.com/o/r.git"},
           // commands
           {"", "./ctl start", "./ctl start"},
           {"", "TOKEN=abc DB_PASSWORD='a b' ./start >log",
            "TOKEN=*** DB_PASSWORD='***' ./start >log"},
           {"", "docker run -e API_KEY=abc,d x", "docker run -e API_KEY=***,d x"},
           {"", "mysql --password=hunter2 -e 'select 1'", "mysql --password=*** -e 'select 1'"},
           {"", "tool --token abc --verbose", "tool --token *** --verbose"},
           {"", "tool --token --verbose", "tool --token --verbose"},
           {"", "curl -H \"X-Api-Key: abc\" -H 'Authorization: Bearer def' u",
            "curl -H \"X-Api-Key: ***\" -H 'Authorization: Bearer ***' u"},
           {"", R"(curl -d '{"password": "abc", "user": "me"}' u)",
            R"(curl -d '{"password": "***", "user": "me"}' u)"},
           {"", R"(curl -d "{\"password\":\"abc\"}" u)", R"(curl -d "{\"password\":\"***\"}" u)"},
           {"",
            "curl https://api.telegram.org/bot12345678:AAE7xQ2vK9mZ4bT1cR8wY5nL3pD6sF0gH_J/send",
            "curl https://api.telegram.org/bot12345678:***/send"},
           {"", "TOKEN=$(cat f) PASSWORD=$P ./x --secret @f --key-password /run/p",
            "TOKEN=$(cat f) PASSWORD=$P ./x --secret @f --key-password /run/p"},
           {"", "echo wrong password: try again", "echo wrong password: try again"},
           {"", "git checkout 0123456789abcdef0123456789abcdef01234567",
            "git checkout 0123456789abcdef0123456789abcdef01234567"},
           {"", "run shop/web@sha256:0123456789abcdef0123456789abcdef",
            "run shop/web@sha256:0123456789abcdef0123456789abcdef"},
           {"", "./Release-2024-01-Build-of-The-Shop ANameOfManyWordsThatGoesOn2",
            "./Release-2024-01-Build-of-The-Shop ANameOfManyWordsThatGoesOn2"},
           {"--token", "abc", "***"},
           {"", "***", "***"},
           {"", "https://me:***@h/?token=***", "https://me:***@h/?token=***"},
           {"", "PASSWORD", "PASSWORD"},
           {"", "PASSWORD=", "PASSWORD="},
           {"", "://", "://"},
           {"", "", ""}})
    EXPECT_EQ(without_secrets(name, text), shown) << name << " " << text;
}

TEST(a_free_text, gives_its_secrets_as_written_and_decoded) {
  EXPECT_THAT(secrets_in("", "https://me:p%40ss@h/"), ElementsAre("p%40ss", "p@ss"));
  EXPECT_THAT(secrets_in("USE_TOKEN", "true"), IsEmpty());
  EXPECT_THAT(secrets_in("ADMIN_PASSWORD", "admin"), ElementsAre("admin"));
}

TEST(the_secrets_of_a_file, are_found_wherever_it_may_say_anything) {
  fleet of;
  host one;
  one.reach.name = "one";
  one.vars = {{"HOST_TOKEN", "in-host"}, {"ROLE", "web"}};
  of.hosts = {one};
  stack app;
  app.repository = "https://me:in-repository@h/r.git";
  app.vars = {{"DB_PASSWORD", "in-stack"}};
  command_engine engine;
  engine.start = {{"./start", "--token", "in-argv"}, ""};
  engine.status = {{}, "curl 'http://h/?token=in-status'"};
  app.engine = engine;
  health_check check;
  check.url = "http://me:in-check@h/";
  app.health.checks = {check};
  stage first;
  first.stacks = {app};
  of.stages = {first};
  of.tests.run = {{}, "PASSWORD=in-tests ./check"};
  check.url = "http://h/?api_key=in-verification";
  of.verification.checks = {check};
  channel hook;
  hook.name = "on_alert";
  hook.run = {{}, "notify --secret=in-alert"};
  of.alerts.channels = {hook};
  EXPECT_THAT(secrets_said(of),
              UnorderedElementsAre("in-host", "in-repository", "in-stack", "in-argv", "in-status",
                                   "in-check", "in-tests", "in-verification", "in-alert"));
}

} // namespace
} // namespace baton
