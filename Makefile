# The two commands are `make demo` and `make test`; `make help` lists the rest. The work is done by
# packaging/install, CMake presets, tests/run and .ci/run, each of which can be run by hand too.

JOBS ?= $(shell nproc)
LAUNCHER := $(if $(shell command -v ccache),-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
DEMO_ARGS ?=
SEEDS ?= 100000
TEST_ARGS ?=
SECONDS ?= 30
TARGETS ?=
SWEEP_ARGS ?=

.PHONY: help demo test lab fuzz simulate sweep deb format tidy bench clean

help:
	@echo 'make demo    build, start three hosts on this machine, deploy to them four times'
	@echo 'make test    build and run every rung of tests that this machine allows;'
	@echo '             TEST_ARGS=--whole: in all variants, as CI does'
	@echo 'make lab     the whole matrix on three hosts with Docker Engine (20 minutes)'
	@echo 'make fuzz    what outsiders can feed, from any bytes: SECONDS=30 a target, TARGETS="junit journal"'
	@echo 'make sweep   baton killed at every boundary of its journal (half an hour)'
	@echo 'make simulate    SEEDS deployments in virtual time, over whatever may befall them'
	@echo 'make deb     a Debian package in build/release'
	@echo 'make bench   what Baton costs on top of the commands it runs'
	@echo 'make format  clang-format over the sources;  make tidy  clang-tidy over them'
	@echo 'make clean   remove build/'
	@echo
	@echo 'demo, test, lab, fuzz, simulate, sweep, deb and bench first install the packages they miss'
	@echo '(root or sudo); packaging/*.packages lists them. DEMO_ARGS=--docker: the demo with compose.'

demo:
	@packaging/install build demo
	@cmake --preset release $(LAUNCHER) >/dev/null
	@cmake --build --preset release --target baton --parallel $(JOBS)
	@build/release/cli/baton demo $(DEMO_ARGS)

test:
	@tests/run --jobs $(JOBS) $(TEST_ARGS)

lab:
	@packaging/install build demo test lab
	@cmake --preset check $(LAUNCHER)
	@cmake --build --preset check --target baton --parallel $(JOBS)
	@tests/lab/selftest
	@BATON=$(CURDIR)/build/check/cli/baton tests/lab/matrix

fuzz:
	@packaging/install build test ci
	@cmake --preset asan $(LAUNCHER) >/dev/null
	@cmake --build --preset asan --target fuzzers --parallel $(JOBS)
	@tests/fuzz/run --seconds $(SECONDS) $(TARGETS)

sweep:
	@packaging/install build demo test
	@cmake --preset check $(LAUNCHER)
	@cmake --build --preset check --target baton fleet_boundary --parallel $(JOBS)
	@BATON=$(CURDIR)/build/check/cli/baton tests/fleet/sweep --jobs $(JOBS) $(SWEEP_ARGS)

simulate:
	@packaging/install build simulate
	@cmake --preset release -DBATON_SIMULATE=ON $(LAUNCHER) >/dev/null
	@cmake --build --preset release --target simulate --parallel $(JOBS)
	@build/release/simulate --seeds $(SEEDS) --jobs $(JOBS)

deb:
	@packaging/install build deb
	@cmake --preset release $(LAUNCHER)
	@cmake --build --preset release --parallel $(JOBS)
	@cmake --build --preset release --target package
	@lintian --fail-on error,warning build/release/*.deb
	@ls -l build/release/*.deb

bench:
	@packaging/install build demo test
	@cmake --preset release -DBATON_BENCH=ON $(LAUNCHER)
	@cmake --build --preset release --parallel $(JOBS)
	@bench/run build/release

format:
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

tidy:
	@packaging/install build test ci
	@cmake --preset dev $(LAUNCHER)
	@cmake --build --preset dev --parallel $(JOBS) --target embedded
	@tests/tidy/clang_tidy build/dev --all

clean:
	rm -rf build
