import Basics
import Testing

@testable import Crypto

@Suite("Signing key") struct SigningKeyTests {
    @Test("What was signed verifies with the public key, and nothing else does")
    func signs() throws {
        let key = try SigningKey.generate()
        let message = Array("{\"aud\":\"abc\"}".utf8)
        let signature = try key.sign(message)
        #expect(signature.count == 64)
        let verifier = try VerifyingKey(publicKeyPEM: key.publicKeyPEM())
        #expect(verifier.verify(signature, of: message))
        #expect(!verifier.verify(signature, of: message + [0]))
        #expect(!verifier.verify(Array(signature.dropLast()), of: message))
        #expect(!verifier.verify([], of: message))
        let stranger = try VerifyingKey(publicKeyPEM: SigningKey.generate().publicKeyPEM())
        #expect(!stranger.verify(signature, of: message))
    }

    @Test("A key that was written reads back as itself, and other keys are refused")
    func pem() throws {
        let key = try SigningKey.generate()
        let again = try SigningKey(pem: key.pem())
        #expect(try again.publicKeyPEM() == key.publicKeyPEM())
        #expect(try again.sign([1]) == key.sign([1]))
        #expect(throws: OpenSSLError.self) { try SigningKey(pem: "") }
        #expect(throws: OpenSSLError.self) { try SigningKey(pem: PrivateKey.generate().pem()) }
        #expect(throws: OpenSSLError.self) { try PrivateKey(pem: key.pem()) }
    }
}
