import Basics
import Glibc

/// The plugin of the broker, compiled for a test: a tree that was never built with
/// `appliance/build` has none embedded.
package enum BrokerPluginUnderTest {
    package static var isPossible: Bool {
        access("/usr/include/mosquitto_broker.h", R_OK) == 0 && MosquittoUnderTest.isInstalled
            && access("/usr/bin/cc", X_OK) == 0
    }

    package static func make(in directory: TemporaryDirectory) async throws -> [UInt8] {
        let here = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let folder = "/\(here)/BrokerPlugin"
        let target = "\(directory.path)/made-plugin.so"
        let compiler = try ProgramUnderTest(
            "/usr/bin/cc",
            [
                "-shared", "-fPIC", "-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror",
                "-fvisibility=hidden", "\(folder)/plugin.c", "\(folder)/access.c",
                "\(folder)/retained.c", "\(folder)/pressure.c", "-lcrypto", "-o", target,
            ], errors: "\(directory.path)/cc.log")
        guard await compiler.exitStatus() == 0 else {
            let said = (try? Files.read("\(directory.path)/cc.log")) ?? []
            throw LimitExceeded(what: "the plugin: " + String(decoding: said, as: UTF8.self))
        }
        return try Files.read(target)
    }
}
