import Basics
import Crypto
import Domain
import Site
import Testing

@Suite("Bundles") struct EnrolmentBundleTests {
    private let key: SigningKey

    init() throws { key = try SigningKey.generate() }

    private func bundle(urls: Int = 2) -> EnrolmentBundle {
        EnrolmentBundle(
            site: "0123456789abcdef0123", urls: (0..<urls).map { "https://10.20.30.\($0):8443" },
            pin: [UInt8](repeating: 7, count: 32), team: .random(), token: .random(),
            secret: Randomness.bytes(16), uses: 1,
            expiresAt: Timestamp(milliseconds: 1_800_000_000_000),
            expectation: .init(serial: "SN \"1\"", mac: nil))
    }

    private func text(_ bundle: EnrolmentBundle) throws -> String {
        try bundle.text(key: key.publicKey) { try? key.sign($0) }
    }

    private func read(_ text: String) throws(EnrolmentBundle.Fault) -> EnrolmentBundle {
        try EnrolmentBundle(Array(text.utf8), verify: EnrolmentProof.verify)
    }

    @Test("A bundle reads back, with blanks and a byte order mark around it")
    func round() throws {
        let bundle = bundle()
        let text = try text(bundle)
        #expect(try read(text) == bundle)
        #expect(try read("\u{FEFF}\r\n \(text)\n\n") == bundle)
        var open = bundle
        open.expiresAt = nil
        #expect(try read(try self.text(open)) == open)
    }

    @Test("It fits a QR code however many addresses the site has, the best kept")
    func size() throws {
        let text = try text(bundle(urls: 60))
        #expect(text.utf8.count <= EnrolmentBundle.maximumSize)
        let read = try read(text)
        #expect(read.urls.count > 5 && read.urls.first == "https://10.20.30.0:8443")
    }

    @Test("Every letter that is changed is noticed, and so is a field that is added")
    func tampered() throws {
        let text = Array(try text(bundle()).utf8)
        var taken: [Int] = []
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == UInt8(ascii: "0") ? 0x31 : 0x30
            if (try? EnrolmentBundle(changed, verify: EnrolmentProof.verify)) != nil {
                taken.append(index)
            }
        }
        #expect(taken == [])
        let more = String(decoding: text.dropLast(), as: UTF8.self) + ",\"extra\":1}"
        #expect(throws: EnrolmentBundle.Fault.tampered) { _ = try read(more) }
    }

    @Test(
        "What is no bundle is refused with a sentence",
        arguments: ["", "{}", "[]", "hello", "{\"v\":2}", "{\"v\":1}", "{\"v\":1,\"v\":1}"])
    func foreign(_ text: String) {
        #expect(throws: EnrolmentBundle.Fault.self) { _ = try read(text) }
    }

    @Test("Keys for different tokens and purposes differ; HKDF is that of RFC 5869")
    func keys() throws {
        let secret = Randomness.bytes(16)
        let one = EnrolmentToken.ID.random()
        #expect(
            EnrolmentProof.key(secret: secret, token: one)
                != EnrolmentProof.key(secret: secret, token: .random()))
        // RFC 5869, appendix A.3.
        let made = HKDF.sha256(
            [UInt8](repeating: 0x0B, count: 22), salt: [], info: "", count: 42)
        #expect(
            Hex.encode(made)
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                + "9d201395faa4b61a96c8")
    }
}
