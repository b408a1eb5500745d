import Testing

@testable import Crypto

@Suite("A sealed box")
struct SealedBoxTests {
    private let key: PrivateKey
    private let certificate: Certificate

    init() throws {
        key = try PrivateKey.generate()
        certificate = try Self.certificate(of: key)
    }

    private static func certificate(of key: PrivateKey) throws -> Certificate {
        try Issuer.selfSigned("device", key: key).certificate
    }

    @Test("is opened by the key that it is for, with what is bound to it")
    func opens() throws {
        let box = try SealedBox.seal([1, 2, 3], to: certificate, bound: [9])
        #expect(try SealedBox.open(box, with: key, bound: [9]) == [1, 2, 3])
        #expect(try SealedBox.seal([1, 2, 3], to: certificate, bound: [9]) != box)
    }

    @Test("is opened by no other key, with nothing else bound to it, and with no bit changed")
    func closed() throws {
        let box = try SealedBox.seal([1, 2, 3], to: certificate, bound: [9])
        let other = try PrivateKey.generate()
        #expect(throws: OpenSSLError.self) {
            try SealedBox.open(box, with: other, bound: [9])
        }
        #expect(throws: OpenSSLError.self) { try SealedBox.open(box, with: key, bound: [8]) }
        for index in box.indices {
            var changed = box
            changed[index] ^= 1
            #expect(throws: OpenSSLError.self) {
                try SealedBox.open(changed, with: key, bound: [9])
            }
        }
        for count in [0, 64, 65, 80] {
            #expect(throws: OpenSSLError.self) {
                try SealedBox.open(Array(box.prefix(count)), with: key, bound: [9])
            }
        }
    }
}
