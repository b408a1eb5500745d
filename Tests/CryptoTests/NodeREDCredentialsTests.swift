import Basics
import Testing

@testable import Crypto

@Suite("Node-RED credentials") struct NodeREDCredentialsTests {
    /// Made with Node.js's crypto as Node-RED does it.
    let file = Array(
        "{\"$\":\"000102030405060708090a0b0c0d0e0fVMBjmMN9pEgjs1bWC1YL24LXS/ehwll/vxm+/bQ=\"}".utf8)
    let clear = Array("{\"n1\":{\"password\":\"hunter2\"}}".utf8)

    @Test("A file that Node-RED wrote decrypts")
    func decrypts() throws {
        #expect(try NodeREDCredentials(secret: "a secret").decrypt(file) == clear)
    }

    @Test("Credentials move to another secret and stay in Node-RED's format")
    func reencrypts() throws {
        let mine = NodeREDCredentials(secret: "a secret")
        let other = NodeREDCredentials(secret: "another")
        let moved = try mine.reencrypt(file, for: other)
        #expect(try other.decrypt(moved) == clear)
        #expect(throws: NodeREDCredentials.Fault.unreadable) { try mine.decrypt(moved) }
        let text = try #require(try JSONReader.read(moved)["$"]?.string)
        #expect(text.prefix(32).allSatisfy { $0.isHexDigit })
        #expect(Base64URL.decode(String(text.dropFirst(32)))?.count == clear.count)
        #expect(text.utf8.count % 4 == 0)
    }

    @Test("The same credentials can be encrypted to the same text; others never share an IV")
    func repeatable() throws {
        let mine = NodeREDCredentials(secret: "a secret")
        let text = try mine.encryptRepeatably(clear)
        #expect(try mine.encryptRepeatably(clear) == text)
        #expect(try mine.decrypt(text) == clear)
        let changed = try mine.encryptRepeatably(Array("{\"n1\":{\"password\":\"hunter3\"}}".utf8))
        let elsewhere = try NodeREDCredentials(secret: "another").encryptRepeatably(clear)
        #expect(Set([text, changed, elsewhere].map { $0.prefix(38) }).count == 3)
        #expect(try mine.encrypt(clear) != mine.encrypt(clear))
    }

    @Test("A file without credentials is empty under every secret")
    func empty() throws {
        let none = try NodeREDCredentials(secret: "x").decrypt(Array("{}".utf8))
        #expect(none == Array("{}".utf8))
    }

    @Test(
        "What is no file of credentials is refused",
        arguments: ["", "[]", "{\"$\":1}", "{\"$\":\"00\"}", "{\"a\":{}}", "{\"$\":\"zz\"}"])
    func refused(text: String) {
        #expect(throws: NodeREDCredentials.Fault.notCredentials) {
            try NodeREDCredentials(secret: "x").decrypt(Array(text.utf8))
        }
    }
}
