import Basics
import Glibc
import LinesideTesting
import Testing

@testable import Crypto

@Suite("Request policy") struct RequestPolicyTests {
    /// Made by another program: `openssl req`.
    func request(_ key: [String]) async throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        let (file, output) = ("\(directory.path)/key", "\(directory.path)/out")
        for arguments in [
            ["genpkey"] + key + ["-out", file],
            [
                "req", "-new", "-key", file, "-subj", "/CN=device", "-outform", "DER", "-out",
                output,
            ],
        ] {
            let program = try ProgramUnderTest(
                "/usr/bin/openssl", arguments, errors: "\(directory.path)/err")
            let status = await program.exitStatus()
            try #require(status == 0)
        }
        return try Files.read(output)
    }

    @Test(
        "P-256, P-384, Ed25519 and RSA of 2048 to 4096 bits are taken",
        arguments: [
            ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            ["-algorithm", "ED25519"],
            ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        ])
    func taken(key: [String]) async throws {
        let der = try await request(key)
        let judged = try CertificateRequest.judged(der)
        #expect(judged.subject == "device" && judged.publicKeyDigest.count == 32)
        #expect(CertificateRequest.bytes(pem: try judged.pem()) == der)
    }

    @Test(
        "Every other key is refused",
        arguments: [
            ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
            ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
            ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"],
            [
                "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt",
                "ec_param_enc:explicit",
            ],
            ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
            ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4104"],
            ["-algorithm", "ED448"],
        ])
    func refused(key: [String]) async throws {
        let der = try await request(key)
        do throws(RequestFault) {
            _ = try CertificateRequest.judged(der)
            Issue.record("\(key) was taken")
        } catch {
            guard case .key = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test("A request that its own key did not sign, or that is too long, is refused")
    func unproven() throws {
        var der = try CertificateRequest(subject: "x", key: .generate()).der
        #expect(throws: RequestFault.tooLarge) {
            try CertificateRequest.judged([UInt8](repeating: 0x30, count: 4_097))
        }
        #expect(throws: RequestFault.malformed) { try CertificateRequest.judged(der + [0]) }
        der[der.count - 1] ^= 1
        #expect(throws: RequestFault.unproven) { try CertificateRequest.judged(der) }
    }
}
