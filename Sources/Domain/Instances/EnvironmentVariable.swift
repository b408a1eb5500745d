/// A variable that an instance gets in its environment.
package struct EnvironmentVariable: Sendable, Equatable {
    package struct Name: Sendable, Hashable {
        package let text: String

        /// Names that would change how Node.js, the loader or our own start works are refused.
        package init(validating text: String) throws(ValidationFault) {
            guard (1...128).contains(text.utf8.count),
                text.utf8.allSatisfy({ $0.isAlphanumeric || $0 == 0x5F }
                ),
                text.utf8.first.map({ (0x30...0x39).contains($0) }) == false
            else {
                throw ValidationFault("must be letters, digits and _, and not begin with a digit")
            }
            let upper = text.uppercased()
            let prefixes = ["NODE_", "LINESIDE_", "LD_", "NPM_CONFIG_"]
            guard !prefixes.contains(where: { upper.hasPrefix($0) }),
                !["PATH", "HOME", "TZ", "LANG"].contains(upper)
            else { throw ValidationFault("is set by the appliance") }
            self.text = text
        }

        package init(stored text: String) { self.text = text }
    }

    package var name: Name
    /// Sealed with the site key, secret or not.
    package var sealedValue: [UInt8]
    /// The value never leaves the appliance again, except into the instance.
    package var isSecret: Bool

    package init(name: Name, sealedValue: [UInt8], isSecret: Bool) {
        self.name = name
        self.sealedValue = sealedValue
        self.isSecret = isSecret
    }
}
