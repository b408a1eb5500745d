import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Testing

@testable import Site

@Suite("Signer desk") struct SignerDeskTests {
    let directory: TemporaryDirectory
    let desk: SignerDesk
    let moment = Timestamp(milliseconds: 1_900_000_000_000)
    let device = "abcdefghij0123456789"

    init() throws {
        directory = try TemporaryDirectory()
        let moment = moment
        desk = try SignerDesk(
            AuthorityFiles(StatePaths(directory.path)),
            names: { LocalNames(names: ["plant", "localhost"], addresses: ["10.0.0.5"]) },
            clock: { moment })
    }

    var authority: Certificate {
        get throws {
            let pem = try Files.read("\(directory.path)/ca/authority.pem")
            return try Certificate(pem: String(decoding: pem, as: UTF8.self))
        }
    }

    func request(_ subject: String = "I am root") throws -> [UInt8] {
        try CertificateRequest(subject: subject, key: .generate()).der
    }

    func refusal(of request: SignerRequest) -> String? {
        if case .refused(let sentence) = desk.answer(request) { sentence } else { nil }
    }

    func journal() throws -> [JSONValue] {
        let text = try Files.read("\(directory.path)/ca/signer.log")
        return try text.split(separator: 10).map { try JSONReader.read(Array($0), limit: 4_096) }
    }

    @Test("A device gets its id as the subject, whatever its request asks for")
    func deviceSubject() throws {
        let der = try request("../../etc,CN=plant,O=evil")
        let made = try Certificate(
            der: desk.ask(.device(request: der, id: device, days: 730)))
        #expect(made.subject == device)
        #expect(made.subjectName == "CN=\(device)")
        #expect(made.names.isEmpty && made.addresses.isEmpty && !made.isAuthority)
        #expect(!made.mayServe)
        #expect(made.notBefore.milliseconds == 0)
        #expect(made.notAfter == moment + .seconds(730 * 86_400))
        #expect(try authority.issued(made))
        let entry = try #require(try journal().last)
        #expect(entry["verb"] == "device" && entry["for"]?.string == device)
        #expect(entry["serial"]?.string == made.serial)
        #expect(entry["key"]?.string == Hex.encode(made.publicKeyDigest))
    }

    @Test("A server gets a certificate only for what the site is called")
    func serverNames() throws {
        let der = try request()
        let made = try Certificate(
            der: desk.ask(
                .server(request: der, names: ["plant"], addresses: ["10.0.0.5"], days: 30)))
        #expect(made.names == ["plant"] && made.addresses == ["10.0.0.5"] && made.mayServe)
        for (names, addresses) in [
            (["plant", "bank.example"], []), (["plant"], ["8.8.8.8"]), (["*"], []),
            (["plant,DNS:bank.example"], []), (["plant\0.bank.example"], []), (["PLANT"], []),
            ([], ["010.0.0.5"]), ([], []),
        ] as [([String], [String])] {
            #expect(
                refusal(
                    of: .server(request: der, names: names, addresses: addresses, days: 30))
                    != nil, "\(names) \(addresses)")
        }
    }

    @Test(
        "What is no id of a device is refused",
        arguments: [
            "", "short", "abcdefghij0123456789abcdefg", "ABCDEFGHIJ0123456789",
            "abcdefghij/123456789", "abcdefghij\u{0}123456789", "abcdefghij012345678é",
            "abcdefghij,O=evil",
        ])
    func deviceID(text: String) throws {
        #expect(refusal(of: .device(request: try request(), id: text, days: 1)) != nil)
    }

    @Test("Days outside of a day and ten years are refused", arguments: [0, 3_651, 1 << 31])
    func validity(days: Int) throws {
        #expect(refusal(of: .device(request: try request(), id: device, days: days)) != nil)
    }

    @Test("Garbage, a request cut short, changed or with something behind it is refused")
    func garbage() throws {
        let der = try request()
        var all: [[UInt8]] = [[], [0x30], der + [0], [UInt8](repeating: 0x30, count: 4_097)]
        for count in stride(from: 1, to: der.count, by: 17) { all.append(Array(der.prefix(count))) }
        for index in stride(from: 0, to: der.count, by: 5) {
            var changed = der
            changed[index] ^= 0x55
            all.append(changed)
        }
        for bytes in all {
            #expect(
                refusal(of: .device(request: bytes, id: device, days: 1)) != nil,
                "\(Hex.encode(bytes))")
        }
    }

    @Test("A list carries what it is given, and a serial that stands there twice is refused")
    func list() throws {
        let revocation = Revocation(serial: "40" + "ab", at: moment, reason: .keyCompromise)
        let pem = try desk.ask(.revocations([revocation], number: 7))
        let list = try RevocationList(pem: String(decoding: pem, as: UTF8.self))
        #expect(list.number == 7 && list.count == 1)
        #expect(list.contains("40ab") && !list.contains("40ac"))
        #expect(list.isSigned(by: try authority))
        #expect(refusal(of: .revocations([revocation, revocation], number: 8)) != nil)
    }

    @Test("Servers are signed for only so often, and refusals do not fill the record")
    func allowance() throws {
        let der = try request()
        var signed = 0
        var waits: [Int] = []
        for _ in 0..<100 {
            switch desk.answer(
                .server(request: der, names: ["plant"], addresses: [], days: 1))
            {
            case .signed: signed += 1
            case .throttled(let seconds): waits.append(seconds)
            case .refused(let sentence): Issue.record("\(sentence)")
            }
        }
        #expect(signed == 30 && waits.count == 70)
        #expect(waits.allSatisfy { (1...60).contains($0) })
        #expect(try journal().count == 30 + SignerJournal.refusals)
    }

    @Test("Who starts the signer again gets no more signatures for it")
    func restarted() throws {
        func start() throws -> SignerDesk {
            try SignerDesk(
                AuthorityFiles(StatePaths(directory.path)),
                names: { LocalNames(names: ["plant"], addresses: []) }, clock: { moment })
        }
        func server(_ desk: SignerDesk) throws -> SignerReply {
            desk.answer(
                .server(request: try request(), names: ["plant"], addresses: [], days: 1))
        }
        func isSigned(_ reply: SignerReply) -> Bool {
            if case .signed = reply { true } else { false }
        }
        for _ in 0..<28 { #expect(try isSigned(server(desk))) }
        let second = try start()
        #expect(try isSigned(server(second)))
        #expect(try isSigned(server(second)))
        #expect(try !isSigned(server(second)))
        // One at least, or a start could not be.
        let third = try start()
        #expect(try isSigned(server(third)))
        #expect(try !isSigned(server(third)))
        try Files.replace("\(directory.path)/ca/signer.allowance", with: Array("9".utf8))
        let fourth = try start()
        #expect(try isSigned(server(fourth)))
        #expect(try !isSigned(server(fourth)))
    }

    @Test("A record that is a link somewhere else is not followed, and nothing is signed")
    func recordLink() throws {
        let other = try TemporaryDirectory()
        let files = AuthorityFiles(StatePaths(other.path))
        try Files.makeDirectory(files.directory)
        #expect(symlink("\(other.path)/elsewhere", files.journalFile) == 0)
        #expect(throws: SiteAuthorityFault.self) {
            try SignerDesk(files, names: { LocalNames(names: [], addresses: []) })
        }
        #expect(!Files.exists("\(other.path)/elsewhere"))
    }

    @Test("The record begins anew when it is full, and the old ones are kept in order")
    func rotation() throws {
        let path = "\(directory.path)/journal"
        try Files.replace(path, with: [UInt8](repeating: 10, count: SignerJournal.limit))
        var journal = try SignerJournal(path: path)
        try journal.record([("event", "first")])
        #expect(try Files.read("\(path).1").count == SignerJournal.limit)
        #expect(try String(decoding: Files.read(path), as: UTF8.self).contains("first"))
    }

    @Test("What a state directory of before holds is taken over as it is")
    func takenOver() throws {
        let other = try TemporaryDirectory()
        let files = AuthorityFiles(StatePaths(other.path))
        let key = try PrivateKey.generate()
        let issuer = try Issuer.selfSigned("Lineside site abcdef", key: key)
        try Files.makeDirectory(files.directory)
        try Files.replace(files.keyFile, with: Array(key.pem().utf8))
        try Files.replace(files.certificateFile, with: Array(issuer.certificate.pem().utf8))
        let desk = try SignerDesk(files, names: { LocalNames(names: [], addresses: []) })
        let made = try Certificate(
            der: desk.ask(.device(request: try request(), id: device, days: 1)))
        #expect(issuer.certificate.issued(made))
    }
}

@Suite("Signer allowance") struct SignerAllowanceTests {
    @Test("What is used up comes back one by one, and never more than the bucket holds")
    func fills() {
        let start = ContinuousClock.now
        var allowance = SignerAllowance(burst: 2, interval: .seconds(10), now: start)
        #expect(allowance.take(at: start) == nil)
        #expect(allowance.take(at: start) == nil)
        #expect(allowance.take(at: start) == 10)
        #expect(allowance.take(at: start + .seconds(4)) == 6)
        #expect(allowance.take(at: start + .seconds(11)) == nil)
        #expect(allowance.take(at: start + .seconds(12)) == 8)
        let later = start + .seconds(86_400)
        #expect(allowance.take(at: later) == nil)
        #expect(allowance.take(at: later) == nil)
        #expect(allowance.take(at: later) == 10)
    }
}
