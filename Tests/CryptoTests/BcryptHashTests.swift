import Testing

@testable import Crypto

@Suite("bcrypt") struct BcryptHashTests {
    @Test(
        "A hash is one that Node-RED reads, has a salt of its own, and matches its password alone")
    func round() async throws {
        let hasher = PasswordHasher()
        let first = try await hasher.makeBcrypt("pässword 1")
        let second = try await hasher.makeBcrypt("pässword 1")
        #expect(first.hasPrefix("$2b$10$") && first.utf8.count == 60)
        #expect(first != second)
        #expect(BcryptHash.matches("pässword 1", first))
        #expect(!BcryptHash.matches("pässword 2", first))
    }

    @Test("A known hash is checked right")
    func known() {
        // From the test vectors of OpenBSD's implementation, as libxcrypt keeps them.
        #expect(
            BcryptHash.matches(
                "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
        #expect(!BcryptHash.matches("U*U", "$2a$05$broken"))
        #expect(!BcryptHash.matches("U*U", ""))
    }

    @Test("What bcrypt would cut off silently is refused")
    func limits() {
        #expect(BcryptHash.make(String(repeating: "x", count: 73)) == nil)
        #expect(BcryptHash.make("a\u{0}b") == nil)
    }
}
