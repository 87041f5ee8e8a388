// Precompiled headers are a target's: this one's are those of all tests (CMakeLists.txt).
