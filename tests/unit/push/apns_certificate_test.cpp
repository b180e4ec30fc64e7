// Push certificates come and go while the client runs.
#include "unit/push/apns_fixture.hpp"

#include <set>

namespace nanomdm::push {
namespace {

using fake_apns::Seen;

using ApnsCertificateTest = ApnsTest;

TEST_F(ApnsCertificateTest, ARenewedCertificateIsUsedByTheNextPush) {
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    renew_certificate();
    const auto reads = certificates.version_reads.load();
    std::string serial;
    // The version is asked for once per poll interval: within a few pushes it is known.
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < limit) {
        ASSERT_TRUE(all_delivered(push(client, 1), 1));
        const auto seen = apns.notifications();
        if (seen.back().client_serial != seen.front().client_serial) break;
    }
    const auto seen = apns.notifications();
    EXPECT_NE(seen.back().client_serial, seen.front().client_serial);
    EXPECT_GT(certificates.version_reads.load(), reads);
    EXPECT_TRUE(apns.wait_until([](const Seen& now) { return now.open == 1; })); // the old one parted
}

TEST_F(ApnsCertificateTest, DuringALongCallTheRenewedCertificateTakesOverAndOldStreamsFinish) {
    apns.set_max_streams(5);
    apns.set_latency(10ms);
    options.max_connections = 1;
    ApnsClient client{certificates, options};
    auto pushed = start_push(client, 1000);
    ASSERT_TRUE(apns.wait_until([](const Seen& seen) { return seen.notifications >= 20; }));
    renew_certificate();
    EXPECT_TRUE(all_delivered(pushed.get(), 1000));
    EXPECT_EQ(apns.seen().notifications,
              1000U); // nothing twice: the old connection's streams were finished there
    std::set<std::string> serials;
    for (const auto& each : apns.notifications()) serials.insert(each.client_serial);
    EXPECT_EQ(serials.size(), 2U);
    EXPECT_EQ(apns.seen().connections, 2U);
}

TEST_F(ApnsCertificateTest, TheVersionIsNotAskedForWithEveryPush) {
    options.certificate_poll = 1h;
    ApnsClient client{certificates, options};
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(all_delivered(push(client, 1), 1));
    EXPECT_EQ(certificates.version_reads.load(), 1);
}

TEST_F(ApnsCertificateTest, AStorageThatIsAwayDoesNotStopPushesUnderAKnownCertificate) {
    options.certificate_poll = 0ms;
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    certificates.fail(true);
    EXPECT_TRUE(all_delivered(push(client, 1), 1));
}

TEST_F(ApnsCertificateTest, AStorageThatIsAwayAtFirstIsAnErrorWithoutItsDetails) {
    certificates.fail(true);
    ApnsClient client{certificates, options};
    EXPECT_EQ(push(client, 2)[1].error, "the push certificate cannot be read from the storage");
    certificates.fail(false);
    EXPECT_TRUE(all_delivered(push(client, 1), 1));
}

TEST_F(ApnsCertificateTest, AnyFailureOfARenewalDuringACallLeavesTheCallAlone) {
    apns.set_latency(300ms);
    ApnsClient client{certificates, options};
    auto pushed = start_push(client, 100);
    ASSERT_TRUE(apns.wait_until([](const Seen& seen) { return seen.notifications == 100; }));
    const auto reads = certificates.version_reads.load();
    certificates.fail_oddly(true);
    EXPECT_TRUE(all_delivered(pushed.get(), 100)); // a dozen polls later
    EXPECT_GT(certificates.version_reads.load(), reads);
}

TEST_F(ApnsCertificateTest, AnyFailureAtTheFirstCertificateIsAnErrorForEachTarget) {
    certificates.fail_oddly(true);
    ApnsClient client{certificates, options};
    const auto responses = push(client, 2);
    ASSERT_EQ(responses.size(), 2U);
    EXPECT_EQ(responses[1].error, "the push certificate cannot be read from the storage");
}

TEST_F(ApnsCertificateTest, ACertificateReadLateNeverReplacesANewerOne) {
    options.certificate_poll = 0ms;
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1), 1));

    std::promise<void> reading;
    std::promise<void> release;
    certificates.after_next_read([&] {
        reading.set_value();
        release.get_future().wait();
    });
    renew_certificate();
    auto late = start_push(client, 1); // has read the second certificate and is slow to put it to use
    reading.get_future().wait();
    renew_certificate();
    const auto meanwhile = push(client, 1);
    release.set_value();
    EXPECT_TRUE(all_delivered(meanwhile, 1));
    EXPECT_TRUE(all_delivered(late.get(), 1));
    EXPECT_TRUE(all_delivered(push(client, 1), 1));

    std::vector<std::string> used;
    for (const auto& each : apns.notifications())
        if (used.empty() || used.back() != each.client_serial) used.push_back(each.client_serial);
    EXPECT_EQ(std::set<std::string>(used.begin(), used.end()).size(), used.size()) << "went back to one";
    // The second certificate may be passed over when its connection takes longer than the next poll.
    EXPECT_GE(used.size(), 2U);
}

TEST_F(ApnsCertificateTest, ATopicWithoutCertificateIsSaidSo) {
    ApnsClient client{certificates, options};
    const Topic unknown{"com.apple.mgmt.unknown"};
    const PushInfo to{unknown, PushMagic{"m"}, PushToken{"t"}};
    const auto responses = client.push(unknown, {&to, 1}, std::chrono::steady_clock::now() + 20s);
    EXPECT_EQ(responses[0].error, "no push certificate for topic com.apple.mgmt.unknown");
    EXPECT_EQ(apns.seen().connections, 0U);
}

TEST_F(ApnsCertificateTest, ABrokenRenewalLeavesTheOldCertificateInUse) {
    options.certificate_poll = 0ms;
    ApnsClient client{certificates, options};
    ASSERT_TRUE(all_delivered(push(client, 1), 1));
    certificates.store_push_certificate({topic, "not a certificate", "not a key"});
    EXPECT_TRUE(all_delivered(push(client, 1), 1));
    renew_certificate();
    EXPECT_TRUE(all_delivered(push(client, 1), 1));
    EXPECT_EQ(apns.seen().sessions, 2U);
}

TEST_F(ApnsCertificateTest, AnUnusableCertificateIsSaidSo) {
    certificates.store_push_certificate({topic, "not a certificate", "not a key"});
    ApnsClient client{certificates, options};
    EXPECT_TRUE(push(client, 1)[0].error.starts_with("the push certificate or its key cannot be used: "));
}

} // namespace
} // namespace nanomdm::push
