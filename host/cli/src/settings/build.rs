//! How a project's component is built.

use super::component;
use crate::config::{self, Config, ConfigFile};
use crate::output;
use anyhow::{Result, bail};
use larder_build::{Api, Backend, Main, Settings, Source, World};
use std::fs;
use std::path::{Path, PathBuf};

/// What `dev` watches for a command when the config does not say; those of it that exist.
const WATCH: [&str; 2] = ["src", "Cargo.toml"];
/// Directories of a project that hold no sources of its own.
const NO_SOURCES: [&str; 4] = ["dist", "node_modules", "target", "__pycache__"];

/// How to build a project's component.
#[derive(Clone, Debug)]
pub struct BuildSettings {
    pub how: How,
    pub directory: PathBuf,
    /// Where the build leaves it.
    pub component: PathBuf,
    /// Where it is wanted besides.
    pub copy: Option<PathBuf>,
    pub watch: Vec<PathBuf>,
}

#[derive(Clone, Debug)]
pub enum How {
    /// By a command of the project's.
    Command(String),
    /// By us.
    Source(Source),
}

impl BuildSettings {
    /// How `project` builds; none when its component comes from elsewhere.
    pub fn new(project: &ConfigFile) -> Result<Option<Self>> {
        Self::with(project, None, None)
    }

    /// The same, where flags may have another word.
    pub fn with(
        project: &ConfigFile,
        backend: Option<config::Backend>,
        output: Option<&Path>,
    ) -> Result<Option<Self>> {
        let directory = project.directory.clone();
        let settings = match (&project.config.main, &project.config.build) {
            (Some(main), _) => {
                let source = source(project, main, backend)?;
                let mut watch = sources(&directory)?;
                if let World::Own { wit, .. } = &source.world {
                    watch.extend(Some(wit.clone()).filter(|wit| wit.exists()));
                }
                let component = component(output, Some(project))?;
                Self { how: How::Source(source), directory, component, copy: None, watch }
            }
            (None, Some(build)) => {
                if backend.is_some() {
                    bail!("--backend: what the project's own command builds, it decides itself");
                }
                let how = How::Command(build.command.clone());
                // The command puts it where it does.
                let (component, copy) =
                    (component(None, Some(project))?, output.map(Path::to_owned));
                Self { how, directory, component, copy, watch: watch(project, build)? }
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(settings))
    }

    /// The directory in which whatever appears is a source too, when it [`is_source`].
    pub fn growing(&self) -> Option<&Path> {
        matches!(self.how, How::Source(_)).then_some(&self.directory)
    }
}

fn source(project: &ConfigFile, main: &str, backend: Option<config::Backend>) -> Result<Source> {
    let config = &project.config;
    let asked = backend.or(config.backend);
    let backend = match asked {
        Some(config::Backend::QuickJs) => Backend::QuickJs,
        Some(config::Backend::StarlingMonkey) | None => Backend::StarlingMonkey,
    };
    let main = program(project, main, backend)?;
    if asked.is_some() && !matches!(main, Main::JavaScript { .. }) {
        bail!(
            "{}: `main` is not JavaScript, which alone has a choice of backends",
            output::path(&project.path)
        );
    }
    let settings = javascript(config);
    Ok(Source { directory: project.directory.clone(), main, world: world(project)?, settings })
}

/// What is compiled into a component of JavaScript.
pub fn javascript(config: &Config) -> Settings {
    let apis = config.kv_namespaces.iter().filter(|namespace| namespace.api != Api::Workers);
    let vars = config.vars.iter().filter(|(_, value)| !value.is_string());
    Settings {
        api: apis.map(|namespace| (namespace.binding.clone(), namespace.api)).collect(),
        expiration_ttl_min: config.expiration_ttl_min,
        json_vars: vars.map(|(name, _)| name.clone()).collect(),
        reused: config.instance_reuse.is_some_and(|requests| requests > 1),
    }
}

/// What `main` says, by which the language is told.
fn program(project: &ConfigFile, main: &str, backend: Backend) -> Result<Main> {
    let file = Path::new(main);
    let config = output::path(&project.path);
    let program = match file.extension().and_then(|extension| extension.to_str()) {
        Some("js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx") => {
            Main::JavaScript { file: file.to_owned(), backend }
        }
        Some("c") => Main::C { file: file.to_owned() },
        Some("py") => bail!(
            "{config}: `main` is {main:?}: a Python program is named by its module and what is \
             called of it, such as \"app:app\""
        ),
        _ if is_python(main) => return python(project, main),
        _ => bail!(
            "{config}: `main` is {main:?}, by which no language is known: it is a file of \
             JavaScript or TypeScript, such as \"src/index.ts\", of C, such as \"src/main.c\", or \
             what is called of a module of Python, such as \"app:app\""
        ),
    };
    if !project.directory.join(file).is_file() {
        bail!("{config}: `main` is {main:?}, and there is no such file");
    }
    Ok(program)
}

/// Whether it is as Python writes a module, with or without what is called of it.
fn is_python(main: &str) -> bool {
    let name = |name: &str| {
        name.split('.').all(|part| {
            let begins = part.starts_with(|char: char| char.is_alphabetic() || char == '_');
            begins && part.chars().all(|char| char.is_alphanumeric() || char == '_')
        })
    };
    match main.split_once(':') {
        Some((module, callable)) => name(module) && name(callable),
        None => name(main),
    }
}

fn python(project: &ConfigFile, main: &str) -> Result<Main> {
    let (module, callable) = match main.split_once(':') {
        Some((module, callable)) => (module, Some(callable.to_owned())),
        None => (main, None),
    };
    let path = project.directory.join(module.replace('.', "/"));
    if !path.with_extension("py").is_file() && !path.join("__init__.py").is_file() {
        let config = output::path(&project.path);
        bail!("{config}: `main` is {main:?}, and there is no module {module} of Python");
    }
    Ok(Main::Python { module: module.to_owned(), callable })
}

fn world(project: &ConfigFile) -> Result<World> {
    let config = &project.config;
    let world = match (config.world.as_deref(), &config.wit) {
        (None | Some("http"), None) => World::Http,
        (Some("command"), None) => World::Command,
        (Some(name), Some(wit)) => {
            World::Own { wit: project.directory.join(wit), name: name.to_owned() }
        }
        (Some(name), None) => bail!(
            "{}: `world` is {name:?}: it is \"http\" or \"command\", or a world in the directory \
             that `wit` names",
            output::path(&project.path)
        ),
        (None, Some(_)) => {
            bail!("{}: `wit` is of use with a `world` in it", output::path(&project.path))
        }
    };
    Ok(world)
}

fn watch(project: &ConfigFile, build: &config::Build) -> Result<Vec<PathBuf>> {
    let directory = &project.directory;
    let Some(watch) = &build.watch else {
        let watch = WATCH.iter().map(|path| directory.join(path));
        return Ok(watch.filter(|path| path.exists()).collect());
    };
    let watch: Vec<_> = watch.iter().map(|path| directory.join(path)).collect();
    if let Some(missing) = watch.iter().find(|path| !path.exists()) {
        let (config, missing) = (output::path(&project.path), output::path(missing));
        bail!("{config}: build.watch names {missing}, which does not exist");
    }
    Ok(watch)
}

/// Whatever lies in the directory and may be a source.
fn sources(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        // A link may lead nowhere, and an editor's file be gone already.
        if is_source(&path) && path.exists() {
            sources.push(path);
        }
    }
    Ok(sources)
}

/// Whether what lies in a project's directory may be a source, by its name: it is not hidden,
/// installed or built.
pub fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && !NO_SOURCES.contains(&name.as_ref())
}
