import Basics
import Testing

@testable import Crypto

@Suite("Password hash") struct PasswordHashTests {
    @Test("A password matches its own hash and no other does")
    func matches() throws {
        let hash = try PasswordHash(of: "Grüße aus Halle 3")
        let stored = try #require(PasswordHash(text: hash.text))
        #expect(stored == hash)
        #expect(stored.matches("Grüße aus Halle 3"))
        #expect(!stored.matches("Grüße aus Halle 4"))
        #expect(!stored.matches(""))
    }

    @Test("A hash of another implementation with the same costs is understood")
    func known() throws {
        let text =
            "$scrypt$ln=15,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
            + "$puHF8wsl4P5tR3JANsCleZiOQes+05KY2PoHbUEpMGQ"
        let hash = try #require(PasswordHash(text: text))
        #expect(hash.matches("correct horse"))
        #expect(!hash.matches("correct horsE"))
        #expect(hash.text == text)
    }

    @Test("Two hashes of one password differ, and even the empty password has one")
    func salted() throws {
        let empty = try PasswordHash(of: "")
        #expect(try PasswordHash(of: "").text != empty.text)
        #expect(empty.matches(""))
        #expect(!empty.matches("x"))
    }

    @Test(
        "Texts of other kinds and costs that would stop the server are refused",
        arguments: [
            "", "$scrypt$", "$2y$10$abcdefghijklmnopqrstuv",
            "$scrypt$ln=30,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg",
            "$scrypt$ln=15,r=9999999,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg",
            "$scrypt$ln=15,r=8,p=99$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg",
            "$scrypt$ln=15,r=8,p=1$MDEy$MDEyMzQ1Njc4OWFiY2RlZg",
            "$scrypt$ln=15,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$",
            "$scrypt$ln=-5,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg",
        ])
    func refused(text: String) {
        #expect(PasswordHash(text: text) == nil)
    }
}

@Suite("Password hasher") struct PasswordHasherTests {
    @Test("It makes what it verifies, and nobody's password is never right")
    func verifies() async throws {
        let hasher = PasswordHasher()
        let text = try await hasher.make("secret")
        #expect(try await hasher.verify("secret", text))
        #expect(try await !hasher.verify("Secret", text))
        #expect(try await !hasher.verify("secret", nil))
        #expect(try await !hasher.verify("secret", "not a hash"))
    }

    @Test("More than may wait are refused at once, and the others still get their answer")
    func bounded() async throws {
        let hasher = PasswordHasher(limit: 2)
        let text = try await hasher.make("secret")
        let answers = await withTaskGroup(of: Bool?.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do throws(PasswordHasher.Busy) {
                        return try await hasher.verify("secret", text)
                    } catch { return nil }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 40)
        #expect(answers.contains(true))
        #expect(answers.contains(nil))
        #expect(!answers.contains(false))
        #expect(try await hasher.verify("secret", text))
    }
}
