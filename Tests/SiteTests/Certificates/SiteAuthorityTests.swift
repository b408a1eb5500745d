import Basics
import Crypto
import Glibc
import LinesideTesting
import Synchronization
import Testing

@testable import Site

@Suite("Site authority") struct SiteAuthorityTests {
    let directory: TemporaryDirectory
    let moment = Timestamp(milliseconds: 1_800_000_000_000)
    let plain = LocalNames(names: ["plant", "localhost"], addresses: ["127.0.0.1", "10.0.0.5"])

    init() throws { directory = try TemporaryDirectory() }

    func authority(
        _ names: LocalNames? = nil, at moment: Timestamp? = nil
    ) throws -> SiteAuthority {
        let (names, moment) = (names ?? plain, moment ?? self.moment)
        return try SiteAuthority(
            files, server: "\(directory.path)/tls",
            signer: try SignerDesk(files, names: { names }, clock: { moment }),
            names: { names }, clock: { moment })
    }

    var files: AuthorityFiles { AuthorityFiles(StatePaths(directory.path)) }

    @Test("The first start makes an authority and a certificate that it signed")
    func firstStart() async throws {
        let authority = try authority()
        let server = await authority.server
        #expect(server.names == ["plant", "localhost"])
        #expect(server.addresses == ["127.0.0.1", "10.0.0.5"])
        #expect(authority.certificate.isAuthority)
        #expect(authority.certificate.signed(server))
        #expect(server.notAfter == moment + SiteAuthority.lifetime)
        for key in ["ca/authority.key", "tls/server.key"] {
            var information = stat()
            #expect(stat("\(directory.path)/\(key)", &information) == 0)
            #expect(information.st_mode & 0o777 == 0o600)
        }
    }

    @Test("The next start takes what is there")
    func nextStart() async throws {
        let first = try authority()
        let second = try authority(at: moment + .seconds(300 * 86_400))
        #expect(second.certificate == first.certificate)
        #expect(await second.server == first.server)
    }

    @Test("A name that is new brings a new certificate, one that is gone does not")
    func names() async throws {
        let first = try await authority().server
        var fewer = plain
        fewer.addresses.removeLast()
        #expect(try await authority(fewer).server == first)
        var more = plain
        more.names.append("lineside.plant.example")
        let second = try await authority(more).server
        #expect(second != first)
        #expect(second.names.contains("lineside.plant.example"))
    }

    @Test("Less than 30 days before its end it is renewed, and so is one from a wrong clock")
    func ends() async throws {
        let first = try await authority().server
        let late = moment + SiteAuthority.lifetime - .seconds(29 * 86_400)
        let second = try await authority(at: late).server
        #expect(second.notAfter == late + SiteAuthority.lifetime)
        #expect(try await authority().server != second, "made by a clock that ran ahead")
        let dead = try await authority(at: Timestamp(milliseconds: 0)).server
        #expect(dead.notAfter > SiteAuthority.earliest)
        #expect(first.notBefore.milliseconds == 0)
    }

    @Test("While it runs, a renewal reaches the listeners")
    func renews() async throws {
        let source = NamesSource()
        source.names.withLock { $0 = plain }
        let moment = moment
        let names: @Sendable () -> LocalNames = { source.names.withLock { $0 } }
        let authority = try SiteAuthority(
            files, server: "\(directory.path)/tls",
            signer: try SignerDesk(files, names: names, clock: { moment }), names: names,
            clock: { moment })
        let told = Mutex(0)
        await authority.onRenewal { told.withLock { $0 += 1 } }
        #expect(try await !authority.renewIfNeeded())
        source.names.withLock { $0.addresses.append("192.168.7.1") }
        #expect(try await authority.renewIfNeeded())
        #expect(await authority.server.addresses.contains("192.168.7.1"))
        #expect(told.withLock { $0 } == 1)
        let shown = try Files.read(authority.shownFile)
        #expect(
            try await Certificate(pem: String(decoding: shown, as: UTF8.self)) == authority.server)
        #expect(try await !authority.renewIfNeeded())
    }

    @Test("An authority without its key is an error, never a second authority")
    func keyLost() throws {
        _ = try authority()
        #expect(unlink("\(directory.path)/ca/authority.key") == 0)
        #expect(throws: SiteAuthorityFault.keyLost(directory: "\(directory.path)/ca")) {
            try authority()
        }
        try Files.replace(
            "\(directory.path)/ca/authority.key", with: Array(PrivateKey.generate().pem().utf8))
        #expect(throws: SiteAuthorityFault.keyLost(directory: "\(directory.path)/ca")) {
            try authority()
        }
    }

    @Test("A server key or certificate that is lost or damaged is made anew")
    func serverLost() async throws {
        let first = try authority()
        #expect(unlink("\(directory.path)/tls/server.key") == 0)
        let second = try authority()
        #expect(await second.server != first.server)
        try Files.replace("\(directory.path)/tls/server.pem", with: Array("half".utf8))
        let third = try authority()
        #expect(third.certificate.signed(await third.server))
    }

    @Test("While the certificate is good, a signer that is gone keeps nothing from starting")
    func signerGone() async throws {
        let first = try authority()
        let plain = plain
        let gone = SignerSocket(path: "\(directory.path)/none", patience: .milliseconds(10))
        let second = try SiteAuthority(
            files, server: "\(directory.path)/tls", signer: gone, names: { plain },
            clock: { [moment] in moment })
        #expect(await second.server == first.server)
        var more = plain
        more.addresses.append("10.0.0.6")
        let names = more
        #expect(throws: SiteAuthorityFault.self) {
            try SiteAuthority(
                files, server: "\(directory.path)/tls", signer: gone, names: { names },
                clock: { [moment] in moment })
        }
    }

    @Test("A power cut between the authority's key and its certificate is healed")
    func half() throws {
        let first = try authority()
        #expect(unlink("\(directory.path)/ca/authority.pem") == 0)
        let second = try authority()
        #expect(second.certificate.publicKeyDigest == first.certificate.publicKeyDigest)
    }
}

final class NamesSource: Sendable {
    let names = Mutex(LocalNames(names: [], addresses: []))
}

@Suite("Local names") struct LocalNamesTests {
    @Test("This machine answers to localhost, its loopback addresses and what is configured")
    func current() {
        let names = LocalNames.current(extra: ["Lineside.Plant.Example", "10.9.8.7", "a b", "-x"])
        #expect(names.names.contains("localhost"))
        #expect(names.names.contains("lineside.plant.example"))
        #expect(names.addresses.contains("10.9.8.7"))
        #expect(names.addresses.contains("127.0.0.1"))
        #expect(names.addresses.filter { $0 == "127.0.0.1" }.count == 1)
        #expect(!names.names.contains("a b"))
        #expect(!names.names.contains("-x"))
    }

    @Test(
        "Addresses of one link and those that change every day are left out",
        arguments: [
            ("20010db8000000000000000000000001 02 40 00 80 eth0", "2001:db8::1"),
            ("20010db8000000000000000000000002 02 40 00 01 eth0", nil),
            ("20010db8000000000000000000000002 02 40 00 40 eth0", nil),
            ("fe800000000000000000000000000001 02 40 20 80 eth0", nil),
            ("00000000000000000000000000000001 01 80 10 80 lo", "::1"), ("", nil), ("zz", nil),
        ])
    func ipv6(line: String, address: String?) {
        #expect(LocalNames.ipv6Address(line) == address)
    }
}
