import Basics
import Crypto
import LinesideTesting
import Store
import Testing

@testable import Site

/// An authority of a plant, made by another program: `openssl`.
struct PlantAuthority {
    let directory: TemporaryDirectory
    private var path: String { directory.path }

    init(pathLength: Int? = nil) async throws {
        directory = try TemporaryDirectory()
        let limit = pathLength.map { ",pathlen:\($0)" } ?? ""
        try await run(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(path)/root.key", "-out",
            "\(path)/root.pem", "-subj", "/O=Works/CN=Works Root", "-days", "3650", "-addext",
            "basicConstraints=critical,CA:TRUE\(limit)")
    }

    func run(_ arguments: String...) async throws {
        let program = try ProgramUnderTest(
            "/usr/bin/openssl", arguments, errors: "\(path)/err")
        let status = await program.exitStatus()
        try #require(status == 0, "\(arguments)")
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Files.read("\(path)/\(name)"), as: UTF8.self)
    }

    var root: String { get throws { try text("root.pem") } }

    /// - Parameter extensions: as `openssl x509 -extfile` reads them.
    func sign(_ request: String, extensions: String, days: Int) async throws -> String {
        try Files.replace("\(path)/csr", with: Array(request.utf8))
        try Files.replace("\(path)/ext", with: Array(extensions.utf8))
        try await run(
            "x509", "-req", "-in", "\(path)/csr", "-CA", "\(path)/root.pem", "-CAkey",
            "\(path)/root.key", "-CAcreateserial", "-out", "\(path)/out.pem", "-days", "\(days)",
            "-extfile", "\(path)/ext")
        return try text("out.pem")
    }

    func server(
        _ names: String, days: Int = 300, use: String = "serverAuth"
    ) async throws -> (chain: String, key: String) {
        try await run(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(path)/srv.key", "-out",
            "\(path)/srv.csr", "-subj", "/CN=server")
        let chain = try await sign(
            try text("srv.csr"),
            extensions: "subjectAltName=\(names)\nextendedKeyUsage=\(use)\n", days: days)
        return (chain, try text("srv.key"))
    }
}

@Suite("Plant certificate", .timeLimit(.minutes(10))) struct PlantCertificateTests {
    let names = LocalNames(names: ["lineside.works", "localhost"], addresses: ["10.0.0.5"])

    func refusal(_ chain: String, _ key: String) -> String? {
        do throws(CertificateFault) {
            _ = try PlantCertificate(chain: chain, key: key)
            return nil
        } catch { return "\(error.part): \(error.description)" }
    }

    @Test("One that covers all and is in order is taken without a warning")
    func good() async throws {
        let plant = try await PlantAuthority()
        let (chain, key) = try await plant.server("DNS:*.plant.works,IP:10.0.0.5")
        let made = try PlantCertificate(chain: chain + plant.root, key: key)
        let wide = LocalNames(
            names: ["lineside.plant.works", "localhost"], addresses: ["10.0.0.5"])
        #expect(made.warnings(for: wide, now: .now()).isEmpty)
        let both = try made.text()
        #expect(try PlantCertificate(chain: both, key: both) == made)
    }

    @Test("What a browser would warn of is said in sentences")
    func warnings() async throws {
        let plant = try await PlantAuthority()
        let (chain, key) = try await plant.server("DNS:other.works", days: 20)
        let made = try PlantCertificate(chain: chain, key: key)
        let now = Timestamp.now()
        let found = made.warnings(for: names, now: now)
        #expect(found.count == 3)
        #expect(found[0].hasPrefix("It ends on"))
        #expect(found[1].hasPrefix("It does not cover lineside.works, 10.0.0.5:"))
        #expect(found[2].hasPrefix("Nothing that signed it"))
        #expect(made.warnings(for: names, now: now + .seconds(30 * 86_400))[0].contains("ended"))
        let early = made.warnings(for: names, now: Timestamp(milliseconds: 0))
        #expect(early[0].hasPrefix("It begins on"))
    }

    @Test("Keys and certificates that do not go together are refused")
    func refused() async throws {
        let plant = try await PlantAuthority()
        let (chain, key) = try await plant.server("DNS:lineside.works")
        let root = try plant.root
        #expect(refusal(root + chain, key)?.contains("number 2: put it first") == true)
        #expect(
            refusal(chain, try plant.text("root.key"))?.hasPrefix("key: The key is not") == true)
        #expect(refusal(root, try plant.text("root.key"))?.contains("an authority's") == true)
        #expect(refusal("nothing", key)?.hasPrefix("chain:") == true)
        #expect(refusal(chain, "nothing")?.contains("no private key") == true)
        #expect(refusal(chain, chain)?.contains("no private key") == true)
        #expect(refusal(chain + chain, key)?.contains("behind it") == true)
        let many = String(repeating: chain, count: 11)
        #expect(refusal(many, key)?.hasPrefix("chain:") == true)
        #expect(refusal(String(repeating: "x", count: 70_000), key)?.hasPrefix("chain:") == true)
        try await plant.run(
            "pkcs8", "-topk8", "-in", "\(plant.directory.path)/srv.key", "-passout", "pass:abcd",
            "-out", "\(plant.directory.path)/locked.key")
        #expect(refusal(chain, try plant.text("locked.key"))?.contains("encrypted") == true)
        let client = try await plant.server("DNS:lineside.works", use: "clientAuth")
        #expect(refusal(client.chain, client.key)?.contains("not be used for a server") == true)
        try await plant.run(
            "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out",
            "\(plant.directory.path)/weak.key")
        #expect(refusal(chain, try plant.text("weak.key"))?.contains("1024 bits") == true)
    }
}

@Suite("Issuing authority", .timeLimit(.minutes(10))) struct IssuingCertificateTests {
    static let subordinate = """
        basicConstraints=critical,CA:TRUE,pathlen:0
        keyUsage=critical,keyCertSign,cRLSign
        subjectKeyIdentifier=hash

        """

    let directory: TemporaryDirectory
    let files: AuthorityFiles
    let names = LocalNames(names: ["plant"], addresses: [])

    init() throws {
        directory = try TemporaryDirectory()
        files = AuthorityFiles(StatePaths(directory.path))
    }

    func authority() throws -> SiteAuthority {
        let names = names
        return try SiteAuthority(
            files, server: "\(directory.path)/tls",
            signer: try SignerDesk(files, names: { names }), names: { names })
    }

    func refusal(_ text: String, _ authority: SiteAuthority) async -> String? {
        do throws(CertificateFault) {
            _ = try await authority.use(issuing: text)
            return nil
        } catch { return error.description }
    }

    @Test("Signed by the plant's root, the site is trusted by it, and by devices as before")
    func signed() async throws {
        let plant = try await PlantAuthority()
        let authority = try authority()
        let before = await authority.server
        let request = try files.ownIssuer().issuer.requestForSuperior()
        let chain =
            try await plant.sign(request.pem(), extensions: Self.subordinate, days: 900)
            + plant.root
        let result = try await authority.use(issuing: chain)
        #expect(try result.get() == [])
        let book = authority.book
        #expect(book.issuing?.certificates.count == 2)
        #expect(book.spkiSHA256 == book.current.publicKeyDigest)
        #expect(book.site.issued(before), "what was signed before stays good")
        let trusted = try CertificateChain(pem: book.authorities).certificates
        #expect(trusted.count == 3 && trusted.last == book.site)
        #expect(try CertificateChain(pem: book.above).certificates == [trusted[0]])
        let server = await authority.server
        #expect(trusted[0].issued(server))
        // OpenSSL of the command line agrees, by the plant's root alone.
        let path = plant.directory.path
        try Files.replace("\(path)/above", with: Array(book.above.utf8))
        try Files.replace("\(path)/leaf", with: Array(try server.pem().utf8))
        try await plant.run(
            "verify", "-CAfile", "\(path)/root.pem", "-untrusted", "\(path)/above", "\(path)/leaf")
        try Files.replace("\(path)/own", with: Array(try book.site.pem().utf8))
        try await plant.run("verify", "-CAfile", "\(path)/own", "\(path)/leaf")
        // And after a new start.
        let again = try self.authority()
        #expect(again.book.issuing == book.issuing)
        #expect(await again.server == server)
    }

    @Test("The plant may give the authority another name: old and new certificates stay good")
    func renamed() async throws {
        let plant = try await PlantAuthority()
        let authority = try authority()
        let before = await authority.server
        let key = "\(directory.path)/ca/authority.key"
        let path = plant.directory.path
        try await plant.run(
            "req", "-new", "-key", key, "-subj", "/O=Works/OU=OT/CN=Lineside Issuing", "-out",
            "\(path)/renamed.csr")
        let chain =
            try await plant.sign(
                plant.text("renamed.csr"), extensions: Self.subordinate, days: 900) + plant.root
        _ = try await authority.use(issuing: chain).get()
        let server = await authority.server
        #expect(server != before && server.issuerName == "CN=Lineside Issuing,OU=OT,O=Works")
        #expect(authority.book.current.issued(server) && authority.book.site.issued(before))
        #expect(!authority.book.site.issued(server), "the plant's name is another")
    }

    @Test("The list of revoked certificates bears the name under which is signed, at once")
    func listed() async throws {
        let plant = try await PlantAuthority()
        let authority = try authority()
        let path = plant.directory.path
        let desk = try SignerDesk(files, names: { LocalNames(names: ["plant"], addresses: []) })
        let certificates = DeviceCertificates(
            stores: try await .inMemory(), signer: Signer(desk), signal: SecuritySignal(),
            file: "\(directory.path)/revoked.pem", authority: authority.book)
        func list() async throws -> RevocationList {
            #expect(await certificates.writeList())
            return try RevocationList(pem: certificates.listPEM)
        }
        let first = try await list()
        #expect(first.issuerName == authority.book.site.subjectName)
        try await plant.run(
            "req", "-new", "-key", "\(directory.path)/ca/authority.key", "-subj",
            "/O=Works/CN=Lineside Issuing", "-out", "\(path)/renamed.csr")
        let chain =
            try await plant.sign(
                plant.text("renamed.csr"), extensions: Self.subordinate, days: 900) + plant.root
        _ = try await authority.use(issuing: chain).get()
        let renamed = try await list()
        #expect(renamed.issuerName == "CN=Lineside Issuing,O=Works")
        #expect(renamed.number == first.number + 1)
        #expect(try await list() == renamed, "nothing to do")
        try await authority.dropIssuing()
        #expect(try await list().issuerName == authority.book.site.subjectName)
    }

    @Test("Back from the plant's root, devices trust the server, and what they have is taken")
    func back() async throws {
        let plant = try await PlantAuthority()
        let authority = try authority()
        let path = plant.directory.path
        try await plant.run(
            "req", "-new", "-key", "\(directory.path)/ca/authority.key", "-subj",
            "/O=Works/CN=Lineside Issuing", "-out", "\(path)/renamed.csr")
        let chain =
            try await plant.sign(
                plant.text("renamed.csr"), extensions: Self.subordinate, days: 900) + plant.root
        _ = try await authority.use(issuing: chain).get()
        let desk = try SignerDesk(files, names: { LocalNames(names: ["plant"], addresses: []) })
        let device = try Certificate(
            der: desk.ask(
                .device(
                    request: CertificateRequest(subject: "x", key: .generate()).der,
                    id: "abcdefghij0123456789", days: 30)))
        #expect(device.issuerName == "CN=Lineside Issuing,O=Works")
        try await authority.dropIssuing()
        let book = authority.book
        #expect(book.issuing == nil && book.current == book.site)
        #expect(try CertificateChain(pem: book.authorities).certificates == [book.site])
        let server = await authority.server
        #expect(book.site.issued(server), "whom devices have trusted since they came")
        #expect(!Files.exists(files.issuingFile))
        try Files.replace("\(path)/accepted", with: Array(book.accepted.utf8))
        try Files.replace("\(path)/device", with: Array(try device.pem().utf8))
        try await plant.run(
            "verify", "-partial_chain", "-CAfile", "\(path)/accepted", "\(path)/device")
        // The next start knows it as well, and the next signature is the site's own.
        let again = try self.authority()
        #expect(again.book.accepted == book.accepted)
        let next = try Certificate(
            der: desk.ask(
                .device(
                    request: CertificateRequest(subject: "x", key: .generate()).der,
                    id: "abcdefghij0123456789", days: 30)))
        #expect(book.site.issued(next))
        // Once more to the plant and back: nobody stands there twice.
        _ = try await again.use(issuing: chain).get()
        try await again.dropIssuing()
        #expect(again.book.accepted == book.accepted)
    }

    @Test("Chains of other keys, without a root, in disorder or without the right are refused")
    func refused() async throws {
        let plant = try await PlantAuthority()
        let authority = try authority()
        let request = try files.ownIssuer().issuer.requestForSuperior().pem()
        let good = try await plant.sign(request, extensions: Self.subordinate, days: 900)
        let root = try plant.root
        #expect(await refusal(good, authority)?.contains("root is missing") == true)
        #expect(await refusal(root + good, authority)?.contains("not for the key") == true)
        #expect(await refusal("", authority)?.contains("in PEM") == true)
        let own = try authority.book.site.pem()
        #expect(await refusal(own, authority)?.contains("signed by itself") == true)
        let leaf = try await plant.sign(
            request, extensions: "basicConstraints=CA:FALSE\n", days: 900)
        #expect(await refusal(leaf + root, authority)?.contains("subordinate") == true)
        let stranger = try await PlantAuthority()
        let foreign = try good + stranger.root
        #expect(await refusal(foreign, authority)?.contains("behind it") == true)
        let narrow = try await PlantAuthority(pathLength: 0)
        let below = try await narrow.sign(request, extensions: Self.subordinate, days: 900)
        let whole = try below + narrow.root
        #expect(await refusal(whole, authority) == nil, "nothing stands between")
        #expect(authority.book.issuing != nil)
    }

    @Test("A chain that lets further authorities be made, or ends soon, is taken with a warning")
    func warned() async throws {
        let plant = try await PlantAuthority()
        let authority = try authority()
        let request = try files.ownIssuer().issuer.requestForSuperior().pem()
        let chain =
            try await plant.sign(
                request,
                extensions: "basicConstraints=critical,CA:TRUE\n"
                    + "keyUsage=critical,keyCertSign,cRLSign\n", days: 30) + plant.root
        let warnings = try await authority.use(issuing: chain).get()
        #expect(warnings.count == 2 && warnings[0].contains("path length"))
    }

    @Test(
        "Browsers see the plant's certificate, devices ours, and both until somebody takes it away")
    func faces() async throws {
        let plant = try await PlantAuthority()
        let authority = try authority()
        let (chain, key) = try await plant.server("DNS:plant")
        let brought = try PlantCertificate(chain: chain + plant.root, key: key)
        #expect(try await authority.use(plant: brought).isEmpty)
        #expect(await authority.facts.isPlants)
        let shown = String(decoding: try Files.read(authority.shownFile), as: UTF8.self)
        #expect(try Certificate(pem: shown) == brought.certificate)
        let again = try self.authority()
        #expect(await again.plant == brought)
        try await again.dropPlant()
        #expect(await again.plant == nil)
        let own = String(decoding: try Files.read(again.shownFile), as: UTF8.self)
        #expect(try await Certificate(pem: own) == again.server)
        #expect(!Files.exists("\(directory.path)/certificates/plant.pem"))
    }
}
