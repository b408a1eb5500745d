package import Basics
import CLinux

package enum ProcessMemory {
    /// Nobody of the same user may look into this process any more, and no core is left of it.
    package static func hide() throws(SystemError) {
        let code = clinux_hide_memory()
        guard code == 0 else { throw SystemError("hide the memory of this process", code: -code) }
    }
}
