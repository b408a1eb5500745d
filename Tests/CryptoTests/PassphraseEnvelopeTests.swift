import Basics
import Glibc
import Testing

@testable import Crypto

@Suite("Passphrase envelope") struct PassphraseEnvelopeTests {
    static let salt = [UInt8](repeating: 7, count: 16)
    static let nonce = [UInt8](repeating: 9, count: 12)

    static func sealed() throws -> [UInt8] {
        try PassphraseEnvelope.seal(
            Array("the key of the plant".utf8), passphrase: "correct horse", salt: salt,
            nonce: nonce)
    }

    @Test("What was sealed opens with its passphrase, and with no other")
    func roundTrip() throws {
        let envelope = try Self.sealed()
        let opened = try PassphraseEnvelope.open(envelope, passphrase: "correct horse")
        #expect(String(decoding: opened, as: UTF8.self) == "the key of the plant")
        #expect(throws: PassphraseEnvelope.Fault.refused) {
            try PassphraseEnvelope.open(envelope, passphrase: "correct horsf")
        }
        #expect(throws: PassphraseEnvelope.Fault.refused) {
            try PassphraseEnvelope.open(envelope, passphrase: "")
        }
    }

    @Test("No changed byte goes through, wherever it is")
    func tampered() throws {
        let envelope = try Self.sealed()
        // The frame refuses most at once; what is left costs a derivation each.
        for index in Array(stride(from: 0, to: envelope.count, by: 11)) + [envelope.count - 1] {
            var changed = envelope
            changed[index] ^= 1
            #expect(throws: PassphraseEnvelope.Fault.self, "byte \(index)") {
                try PassphraseEnvelope.open(changed, passphrase: "correct horse")
            }
        }
        for count in stride(from: 0, to: envelope.count, by: 7) {
            #expect(throws: PassphraseEnvelope.Fault.malformed) {
                try PassphraseEnvelope.open(
                    Array(envelope.prefix(count)), passphrase: "correct horse")
            }
        }
        #expect(throws: PassphraseEnvelope.Fault.malformed) {
            try PassphraseEnvelope.open(envelope + [0], passphrase: "correct horse")
        }
    }

    @Test("Costs that nobody should pay are refused before anything is derived")
    func costs() throws {
        let envelope = try Self.sealed()
        // INTEGER 2^17 in three bytes, then INTEGER 8.
        let cost: [UInt8] = [0x02, 0x03, 0x02, 0x00, 0x00, 0x02, 0x01, 0x08]
        let place = try #require(
            envelope.indices.first { envelope[$0...].starts(with: cost) })
        for (offset, value) in [(2, UInt8(0x40)), (2, 0x03), (7, 0x7F)] {
            var changed = envelope
            changed[place + offset] = value
            #expect(throws: PassphraseEnvelope.Fault.malformed) {
                try PassphraseEnvelope.open(changed, passphrase: "correct horse")
            }
        }
    }

    @Test("DER of other people's making is taken apart strictly")
    func der() {
        var long = DERReader([0x04, 0x81, 0x05, 1, 2, 3, 4, 5])
        #expect(long.content(.octets) == nil, "a length that could be shorter")
        var lying = DERReader([0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF])
        #expect(lying.sequence() == nil)
        var negative = DERReader([0x02, 0x01, 0x80])
        #expect(negative.integer() == nil)
        #expect(DER.integer(128) == [0x02, 0x02, 0x00, 0x80])
        #expect(DER.octets([UInt8](repeating: 1, count: 200)).prefix(3) == [0x04, 0x81, 200])
    }
}

@Suite("Server face") struct ServerFaceTests {
    func offered(_ names: [String]) -> [UInt8] {
        let list = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        return [UInt8(list.count >> 8), UInt8(list.count & 0xFF)] + list
    }

    @Test("Only who offers one of our protocols sees it, and lists that lie see the other")
    func meant() throws {
        let issuer = try Issuer.selfSigned("Plant", key: .generate())
        let key = try PrivateKey.generate()
        let certificate = try issuer.issueServer(
            names: ["a"], addresses: [], key: key, notAfter: issuer.certificate.notAfter)
        let context = try TLSContext.server(
            TLSContext.Identity(
                chain: Array(certificate.pem().utf8), key: Array(key.pem().utf8)),
            protocols: ["http/1.1"])
        let face = ServerFace(context, prefix: "lineside-")
        func isMeant(_ bytes: [UInt8]) -> Bool {
            bytes.withUnsafeBufferPointer { face.isMeant(by: $0) }
        }
        #expect(isMeant(offered(["lineside-http/1"])))
        #expect(isMeant(offered(["http/1.1", "lineside-enrol/1"])))
        #expect(!isMeant(offered(["http/1.1", "h2"])))
        #expect(!isMeant(offered(["x-lineside-http/1"])))
        #expect(!isMeant([]) && !isMeant([0]) && !isMeant([0, 5]) && !isMeant([0, 1, 200]))
        #expect(!isMeant([0, 10] + Array("lineside-x".utf8)))
    }
}
