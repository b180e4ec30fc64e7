nanomdm_fuzzer(fuzz_plist SOURCES plist_fuzzer.cpp LINKS nanomdm::plist)
nanomdm_fuzzer(fuzz_messages SOURCES plist_messages_fuzzer.cpp LINKS nanomdm::mdm)
