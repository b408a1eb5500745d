import Basics
import Crypto
import Domain
import LinesideTesting
import Testing

@testable import Site

@Suite("The identity of a device on its disk")
struct AgentIdentityTests {
    private let directory: TemporaryDirectory
    private let paths: AgentPaths
    private let fixtures: CertificateFixtures
    private let device = Device.ID.random()

    init() throws {
        directory = try TemporaryDirectory()
        paths = AgentPaths(directory.path)
        fixtures = try CertificateFixtures()
    }

    private func identity() throws -> (AgentIdentity, PrivateKey) {
        let client = try fixtures.client(device.text)
        let identity = AgentIdentity(
            device: device, name: "Press 3", team: .random(),
            certificate: String(decoding: client.chain, as: UTF8.self),
            authorities: String(decoding: fixtures.authority, as: UTF8.self),
            servers: [AgentServer(host: "127.0.0.1", port: 8443)],
            credentialSecret: Hex.encode(Randomness.bytes(32)), issuedAt: .now())
        return (identity, try PrivateKey(pem: String(decoding: client.key, as: UTF8.self)))
    }

    /// A place that cannot be written is where the power is cut: what comes before it is on the
    /// disk, what comes after it is not.
    @Test(
        "a renewal that ends in the middle leaves the former identity or the new one, with its key",
        arguments: ["key.pem.2", "key.pem", "identity.json.2", "identity.json"])
    func cut(_ name: String) throws {
        let files = AgentIdentityFile(paths)
        let (former, formerKey) = try identity()
        try files.save(former, key: formerKey)
        let place = "\(directory.path)/identity/\(name)"
        let kept = try? Files.read(place)
        if kept != nil { try Files.removeTree(place) }
        try Files.makeDirectory("\(place)/in the way")
        let (next, nextKey) = try identity()
        try? files.save(next, key: nextKey)
        try Files.removeTree(place)
        if let kept { try Files.replace(place, with: kept) }

        let (found, key) = try files.load()
        #expect(found == former || found == next)
        #expect(try Certificate(pem: found.certificate).belongs(to: key))
    }
}
