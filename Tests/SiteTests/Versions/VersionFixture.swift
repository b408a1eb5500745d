import Basics
import Crypto
import Domain
import LinesideTesting
import Store

@testable import Site

/// A vault, a registry and what stands on them, with two instances.
struct VersionFixture {
    let directory: TemporaryDirectory
    let stores: Stores
    let vault: Vault
    let recorder: VersionRecorder
    let library: VersionLibrary
    let sealer: Sealer
    let press: Instance
    let saw: Instance

    let flows = Array(
        #"[{"id":"t1","type":"tab","label":"Line 3"},{"id":"n1","type":"inject","z":"t1","x":1.50}]"#
            .utf8)
    let clear = Array(#"{"n1":{"password":"hunter2"}}"#.utf8)

    init() async throws {
        directory = try TemporaryDirectory()
        let sealer = Sealer(key: [UInt8](repeating: 9, count: 32))
        self.sealer = sealer
        stores = try await Stores.inMemory()
        vault = Vault(directory: "\(directory.path)/vault")
        try await vault.prepare()
        recorder = VersionRecorder(vault: vault, stores: stores)
        library = VersionLibrary(vault: vault, stores: stores, sealer: sealer)
        func sealed(_ secret: String) throws -> [UInt8] {
            try sealer.seal(text: secret, context: SecretContext.credentialSecret)
        }
        press = try await stores.newInstance("Press", credentialSecret: sealed("press secret"))
        saw = try await stores.newInstance("Saw", credentialSecret: sealed("saw secret"))
    }

    func deploy(
        _ flows: [UInt8]? = nil, credentials: [UInt8]? = nil, spoolID: String? = nil
    ) -> VersionRecorder.Deploy {
        VersionRecorder.Deploy(
            flows: flows ?? self.flows, credentials: credentials,
            modules: [NodeModule(name: "node-red-contrib-modbus", version: "5.0.0")],
            at: Timestamp(milliseconds: 1000), by: "ada", source: .editor, spoolID: spoolID)
    }

    func credentials(_ secret: String) throws -> [UInt8] {
        try NodeREDCredentials(secret: secret).encrypt(clear)
    }

    func decrypt(_ file: [UInt8]?, _ secret: String) throws -> [UInt8] {
        try NodeREDCredentials(secret: secret).decrypt(file ?? [])
    }
}
