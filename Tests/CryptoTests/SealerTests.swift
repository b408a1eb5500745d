import Basics
import Glibc
import Testing

@testable import Crypto

@Suite("Sealer") struct SealerTests {
    let sealer = Sealer(key: [UInt8](repeating: 7, count: 32))

    @Test("What was sealed opens in the same context", arguments: [0, 1, 15, 16, 17, 70_000])
    func opens(count: Int) throws {
        let bytes = Randomness.bytes(count)
        let sealed = try sealer.seal(bytes, context: "environment/a/TOKEN")
        #expect(sealed.count == count + 29)
        #expect(try sealer.open(sealed, context: "environment/a/TOKEN") == bytes)
    }

    @Test("Another context, another key or one changed bit is refused")
    func refused() throws {
        let sealed = try sealer.seal(Array("secret".utf8), context: "a")
        #expect(throws: Sealer.Fault.unreadable) { try sealer.open(sealed, context: "b") }
        let other = Sealer(key: [UInt8](repeating: 8, count: 32))
        #expect(throws: Sealer.Fault.unreadable) { try other.open(sealed, context: "a") }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: Sealer.Fault.unreadable) { try sealer.open(changed, context: "a") }
        }
        for count in 0..<sealed.count {
            #expect(throws: Sealer.Fault.unreadable) {
                try sealer.open(Array(sealed.prefix(count)), context: "a")
            }
        }
    }

    @Test("The same secret sealed twice looks different")
    func nonce() throws {
        let bytes = Array("secret".utf8)
        #expect(try sealer.seal(bytes, context: "a") != sealer.seal(bytes, context: "a"))
    }

    @Test("The site key is made once, private, and a lost or damaged one is an error")
    func keyFile() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let directory = "\(base)/lineside-\(Identifier<Sealer>.random())"
        try Files.makeDirectory(directory)
        defer { try? Files.removeTree(directory) }
        let path = "\(directory)/site.key"
        #expect(throws: Sealer.Fault.self) { try Sealer.load(keyFile: path, creating: false) }
        let sealed = try Sealer.load(keyFile: path, creating: true).seal([1, 2, 3], context: "a")
        let again = try Sealer.load(keyFile: path, creating: true)
        #expect(try again.open(sealed, context: "a") == [1, 2, 3])
        var information = stat()
        #expect(stat(path, &information) == 0)
        #expect(information.st_mode & 0o777 == 0o600)
        try Files.replace(path, with: [1, 2, 3])
        #expect(throws: Sealer.Fault.badKey(path: path)) {
            try Sealer.load(keyFile: path, creating: true)
        }
    }
}
