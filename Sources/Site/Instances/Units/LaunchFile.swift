import Basics
import Glibc

/// What the unit of an instance is to run, handed over in a file that only the appliance writes and
/// that is gone once it runs: secrets stand in the environment.
struct LaunchFile: Sendable, Equatable {
    var executable: String
    var arguments: [String]
    var environment: [String]

    static func path(_ root: String) -> String { "\(root)/launch.json" }

    init(executable: String, arguments: [String], environment: [String]) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }

    init(_ plan: StartPlan) {
        self.init(
            executable: plan.executable, arguments: plan.arguments, environment: plan.environment)
    }

    /// - Parameter root: of the instance.
    init(root: String) throws(SystemError) {
        let path = Self.path(root)
        let bytes = try Files.read(path, limit: .mebibytes(4))
        guard let object = try? JSONReader.read(bytes).object,
            let executable = object["executable"]?.string,
            let arguments = object["arguments"]?.array?.compactMap(\.string),
            let environment = object["environment"]?.array?.compactMap(\.string)
        else { throw SystemError("read \(path)", code: EINVAL) }
        self.init(executable: executable, arguments: arguments, environment: environment)
    }

    func write(root: String) throws(SystemError) {
        var json = JSONWriter()
        json.object { json in
            json.field("executable", executable)
            json.field("arguments", arguments)
            json.field("environment", environment)
        }
        try Files.replace(Self.path(root), with: json.bytes)
        guard chmod(Self.path(root), 0o640) == 0 else { throw SystemError("open \(root)") }
    }
}
