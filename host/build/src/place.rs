//! Putting a finished component in its place.

use anyhow::{Context as _, Result, bail};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// How the name begins that a component has beside its place until it is whole.
pub const UNFINISHED: &str = ".larder-unfinished-";

/// Copies `component` to `output`, whose directory is made when missing. Whoever reads `output`
/// meanwhile finds what was there before or the component, and never a part of it.
///
/// # Errors
///
/// When `output` cannot be written to; what was there before stays.
pub fn place(component: &Path, output: &Path) -> Result<()> {
    let cannot = || format!("cannot write {}", output.display());
    // Behind a link it is the file that is replaced, not the link.
    let target = output.canonicalize().unwrap_or_else(|_| output.to_owned());
    match fs::metadata(&target) {
        Ok(there) if there.is_dir() => bail!("{} is a directory", output.display()),
        // A pipe or a terminal is written to.
        Ok(there) if !there.is_file() => {
            let mut to = File::options().write(true).open(&target).with_context(cannot)?;
            io::copy(&mut File::open(component)?, &mut to).with_context(cannot)?;
            return Ok(());
        }
        _ => {}
    }
    let directory = target.parent().with_context(cannot)?;
    fs::create_dir_all(directory).with_context(cannot)?;
    let mut unfinished = tempfile::Builder::new();
    unfinished.prefix(UNFINISHED);
    // As any file that is made, and not for its owner alone.
    #[cfg(unix)]
    unfinished.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut unfinished = unfinished.tempfile_in(directory).with_context(cannot)?;
    io::copy(&mut File::open(component)?, &mut unfinished).with_context(cannot)?;
    unfinished.persist(&target).with_context(cannot)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_of_the_old_one_is_not_disturbed_by_the_new_one() {
        let directory = tempfile::tempdir().unwrap();
        let [new, output] = ["new", "dist/app.wasm"].map(|name| directory.path().join(name));
        fs::write(&new, "one").unwrap();
        place(&new, &output).unwrap();
        let mut reader = File::open(&output).unwrap();
        fs::write(&new, "another").unwrap();
        place(&new, &output).unwrap();
        assert_eq!(io::read_to_string(&mut reader).unwrap(), "one");
        assert_eq!(fs::read(&output).unwrap(), b"another");
        assert_eq!(fs::read_dir(output.parent().unwrap()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_others_may_read_what_is_behind_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let [new, output, link] = ["new", "a", "b"].map(|name| directory.path().join(name));
        for file in [&new, &output] {
            fs::write(file, file.as_os_str().as_encoded_bytes()).unwrap();
        }
        std::os::unix::fs::symlink(&output, &link).unwrap();
        place(&new, &link).unwrap();
        assert_eq!(fs::read(&output).unwrap(), fs::read(&new).unwrap());
        assert!(link.is_symlink());
        let modes = [&new, &output].map(|file| fs::metadata(file).unwrap().permissions().mode());
        assert_eq!(modes[0], modes[1]);
    }
}
