import Basics

/// A node package that a test case can't do without.
package struct FlowTestModule: Sendable, Equatable {
    package let name: String
    /// As npm writes them, of which no more is judged than `accepts` says.
    package let version: String

    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    /// `*` takes any version; a number its own (1.2 and 1.2.x also 1.2.7); `^` and `~` those of the same
    /// major version. Other ranges are not judged: the package has to be there.
    package func accepts(_ installed: String) -> Bool {
        var number = version.drop { "^~=v ".contains($0) }
        while number.hasSuffix(".x") || number.hasSuffix(".*") { number = number.dropLast(2) }
        guard let first = number.utf8.first,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            !number.contains(" ")
        else { return true }
        if version.hasPrefix("^") || version.hasPrefix("~") {
            return number.prefix { $0 != "." } == installed.prefix { $0 != "." }
        }
        return installed == number || installed.hasPrefix("\(number).")
    }

    /// - Parameter installed: its version in the instance, if it is there.
    /// - Returns: `nil` where the case can be run.
    package func lack(in installed: String?) -> String? {
        if let installed, accepts(installed) { return nil }
        return "It needs \(name) \(version); the instance has \(installed ?? "none")."
    }
}

extension FlowTestCase {
    package var needs: [FlowTestModule] {
        (definition["needs"]?["modules"]?.object?.members ?? []).map {
            FlowTestModule(name: $0.key, version: $0.value.string ?? "*")
        }
    }
}
