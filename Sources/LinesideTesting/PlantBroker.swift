import Basics
import Crypto

/// A Mosquitto that is not the site's: with TLS, users and rules of its own, and counters that it
/// shows to nobody. User `site` (password `secret`) is the appliance, `press` (`own`) a device.
package final class PlantBroker: Sendable {
    package static var isPossible: Bool {
        MosquittoUnderTest.isInstalled && Files.exists("/usr/bin/mosquitto_passwd")
    }

    package let mosquitto: MosquittoUnderTest
    /// Where `authority.pem`, `password` and `wrong` (another one) lie.
    package let path: String

    package init() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        self.path = path
        let fixtures = try CertificateFixtures("Plant")
        let identity = try fixtures.server()
        try Files.replace("\(path)/chain.pem", with: identity.chain)
        try Files.replace("\(path)/key.pem", with: identity.key)
        try Files.replace("\(path)/authority.pem", with: fixtures.authority)
        try Files.replace("\(path)/password", with: Array("secret\n".utf8))
        try Files.replace("\(path)/wrong", with: Array("other\n".utf8))
        for (name, password, extra) in [("site", "secret", ["-c"]), ("press", "own", [])] {
            let made = try ProgramUnderTest(
                "/usr/bin/mosquitto_passwd",
                extra + ["-b", "\(path)/users", name, password], errors: "\(path)/errors")
            guard await made.exitStatus() == 0 else {
                throw LimitExceeded(what: "users of the plant's broker")
            }
        }
        let rules =
            "user site\ntopic readwrite ff/#\ntopic readwrite ls/#\n"
            + "user press\ntopic readwrite ff/#\n"
        try Files.replace("\(path)/rules", with: Array(rules.utf8))
        mosquitto = try await MosquittoUnderTest(
            [
                "certfile \(path)/chain.pem", "keyfile \(path)/key.pem", "allow_anonymous false",
                "password_file \(path)/users", "acl_file \(path)/rules",
            ], in: directory)
    }
}
