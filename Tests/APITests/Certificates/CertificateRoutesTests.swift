import API
import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("Certificates of the site", .timeLimit(.minutes(10))) struct CertificateRoutesTests {
    let directory: TemporaryDirectory
    let house: HouseFixture
    let admin: HouseFixture.Client

    init() async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        house = try await HouseFixture { stores, _ in
            let paths = StatePaths(directory.path)
            let names: @Sendable () -> LocalNames = {
                LocalNames(names: ["plant"], addresses: ["10.0.0.5"])
            }
            let signer = try SignerDesk(AuthorityFiles(paths), names: names)
            let devices = DeviceCertificates(
                stores: stores, signer: Signer(signer), signal: SecuritySignal(),
                file: paths.revocations)
            let tool = AuthorityTool(state: directory.path)
            return [
                CertificateRoutes(
                    stores: stores,
                    authority: try SiteAuthority(
                        AuthorityFiles(paths), server: "\(directory.path)/tls", signer: signer,
                        names: names),
                    devices: devices,
                    keeper: RecoveryKeeper(
                        stores: stores, sealer: Sealer(key: [UInt8](repeating: 3, count: 32)),
                        paths: paths, tool: tool, certificates: devices, configuration: []),
                    clerk: AuthorityClerk(tool))
            ]
        }
        admin = try await house.token(of: try await house.factory().administrator)
    }

    /// The newest first.
    func events() async throws -> [String] {
        try await house.stores.audit.list().items.map(\.event.kind).filter {
            $0.hasPrefix("site.certificate") || $0.hasPrefix("site.authority")
        }
    }

    @Test("What changes a file is written down before and after")
    func intent() async throws {
        let dropped = try await house.call(.delete, "site/certificates/server", as: admin)
        #expect(dropped.status == 204)
        #expect(
            try await events() == ["site.certificate.dropped", "site.certificate.dropped.begun"])
        #expect(house.faults.all == [])
    }

    @Test("What was begun and not done says so")
    func notDone() async throws {
        let answer = try await house.call(
            .put, "site/certificates/authority", JSONObject([("chain", .string("nothing"))]),
            as: admin)
        #expect(answer.status == 422)
        #expect(
            try await events() == ["site.authority.signed.failed", "site.authority.signed.begun"])
    }

    @Test("A site that signs under its own authority has no way back to go")
    func ownAlready() async throws {
        let answer = try await house.call(.delete, "site/certificates/authority", as: admin)
        #expect(answer.status == 409)
        #expect(try await events().isEmpty)
    }
}
